import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t from 'tap'
import { Control } from '../../runner/platforms/process/control.ts'

t.test('a supervisor that had no room for a file says so in words', async (t) => {
  // The path of a socket holds 107 bytes (unix(7)), which one below a clone may exceed; it is then cut off in silence.
  const folder = mkdtempSync(join(tmpdir(), 'redis-chaos-test-'))
  const socketFile = join(folder, 'control.sock')
  const supervisor = createServer((socket) => {
    createInterface({ input: socket }).on('line', (line) => {
      const { id } = JSON.parse(line)
      socket.write(`${JSON.stringify({ id, error: 'ENOSPC: no space left on device, write', code: 'ENOSPC' })}\n`)
    })
  })
  await new Promise<void>((resolve) => supervisor.listen(socketFile, resolve))
  const control = new Control('r1', socketFile)
  t.teardown(() => {
    control.close()
    supervisor.close()
    rmSync(folder, { recursive: true })
  })
  await t.rejects(control.ask('start redis-node1', 'start', 'redis-node1'), {
    name: 'PlatformError',
    message: `could not start redis-node1: no space is left where the servers keep their data, in ${folder}`,
    hint: /TMPDIR/,
  })
})
