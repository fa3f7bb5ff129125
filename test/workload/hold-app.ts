// Holds an application that does not obey, until it is killed: `hold-app.ts MARK`.
import path from 'node:path'
import { KeptProcess } from '../../runner/workload/apps/kept-process.ts'
import { KeptGroup } from '../../runner/workload/drivers/kept-group.ts'

const [mark = ''] = process.argv.slice(2)
const program = path.join(import.meta.dirname, 'apps/fake-app.mjs')
const app = new KeptProcess({
  start: (onEnd) =>
    new KeptGroup({
      command: [process.execPath, program, 'deaf', mark],
      folder: '/',
      env: { ...process.env, PORT: '0' },
      onEnd,
    }),
  onOutput: (text) => process.stdout.write(text),
  onEnd: (text) => process.stdout.write(`${text}\n`),
})
setInterval(() => app.isOver, 1000)
