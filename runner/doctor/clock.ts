import { type Finding, findingsOf } from './finding.ts'
import type { Machine } from './machine.ts'

const WATCHED_MS = 250
const LOOKS = 25
/** How far the two clocks may come apart meanwhile: a wall clock that is being set right moves by 0.5 ms a second. */
const ALLOWED_DRIFT_MS = 5

/** Watches the monotonic clock and the wall clock for a quarter of a second. */
export async function clockFindings(machine: Machine): Promise<Finding[]> {
  const { ok, degraded, missing } = findingsOf('machine')
  const samples = [{ nowMs: machine.nowMs(), wallMs: machine.wallMs() }]
  for (let look = 1; look <= LOOKS; look += 1) {
    await machine.sleep(WATCHED_MS / LOOKS)
    samples.push({ nowMs: machine.nowMs(), wallMs: machine.wallMs() })
  }
  const steps = samples.slice(1).map(({ nowMs, wallMs }, index) => ({
    nowMs: nowMs - (samples[index]?.nowMs ?? nowMs),
    wallMs: wallMs - (samples[index]?.wallMs ?? wallMs),
  }))
  const source = (await machine.readText('/sys/devices/system/clocksource/clocksource0/current_clocksource'))?.trim()
  if (steps.some(({ nowMs }) => nowMs <= 0)) {
    return [
      missing(
        'clock',
        'the monotonic clock stood still or went back: no duration can be trusted',
        'see the clock source of this machine',
      ),
    ]
  }
  // One step can be long when the machine is busy between reading the two: the sum cannot hide a jump.
  const driftMs = Math.abs(steps.reduce((sum, { nowMs, wallMs }) => sum + wallMs - nowMs, 0))
  if (driftMs > ALLOWED_DRIFT_MS) {
    const text = `the wall clock jumped by ${Math.round(driftMs)} ms within ${WATCHED_MS} ms; durations are right all the same, but the times of log lines are not`
    return [degraded('clock', text, 'wait until the time service has set the clock')]
  }
  return [ok('clock', `the monotonic clock goes forward, the wall clock goes with it${source ? ` (${source})` : ''}`)]
}
