// Waits beside a runner for its end, however it comes: when its standard input closes without a word of release, the runner is
// gone, and what it made is healed and removed.
//
// Plain JavaScript with checked JSDoc types: it is started for every run, and loads what it needs only when it is needed
// (measured: 60 ms of processor time at its start against 1.2 s with a loader of TypeScript).
import { createInterface } from 'node:readline'

/** @typedef {import('./after-runner.ts').WatchPlan} WatchPlan */

/** @type {WatchPlan | undefined} */
let plan
let released = false

// The terminal's Ctrl-C is for the runner, which cleans up in order.
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => undefined)
// Nobody reads what it says.
process.stdout.on('error', () => undefined)
process.stderr.on('error', () => undefined)

const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  if (line === 'release') released = true
  else plan = JSON.parse(line)
})
lines.on('close', () => void leave())

async function leave() {
  if (plan && !released) {
    const { register } = await import('tsx/esm/api')
    register()
    const { afterRunner } = await import('./after-runner.ts')
    await afterRunner(plan)
  }
  process.exit(0)
}
