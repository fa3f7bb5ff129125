// Waits beside a runner for its end, however it comes: when its standard input closes without a word of release, the
// runner is gone, and what it made is healed and removed.
//
// It is started for every run, so it loads what it needs only when it is needed.
import { createInterface } from 'node:readline'
import type { WatchPlan } from './after-runner.ts'

let plan: WatchPlan | undefined
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

async function leave(): Promise<void> {
  if (plan && !released) {
    const { afterRunner } = await import('./after-runner.ts')
    await afterRunner(plan)
  }
  process.exit(0)
}
