import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t, { type Test } from 'tap'
import { CLOCK_VARIABLE, clockFile, clockLibrary } from '../../runner/platforms/clock/library.ts'
import { UnsupportedFault } from '../../runner/platforms/faults.ts'
import { readEvents } from '../../runner/record/event-log.ts'
import { lastReport, reportsFolder, startCli, testScenario } from '../support/cli.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

const [HALF_MINUTE, HOUR] = [30_000, 3_600_000]

/** When the clock is set, and how far off it is from then on, ms. */
const STEPS = [
  { after: '✔ 1 write', offsetMs: HALF_MINUTE },
  { after: '✔ 3 kill', offsetMs: HALF_MINUTE - HOUR },
  { after: '✔ 6 expect', offsetMs: HALF_MINUTE },
  { after: '✔ 7 expect', offsetMs: 0 },
]

/** A clock for programs of this test, by the library that sets the clocks of servers. */
async function wallClock(t: Test) {
  const library = await clockLibrary(() => undefined)
  const folder = mkdtempSync(path.join(tmpdir(), 'redis-chaos-steps-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const file = path.join(folder, 'clock')
  writeFileSync(file, clockFile(0))
  const set = async (offsetMs: number): Promise<void> => {
    const handle = await open(file, 'r+')
    await handle.write(clockFile(offsetMs), 0, 8, 0)
    await handle.close()
  }
  return { env: { LD_PRELOAD: library, [CLOCK_VARIABLE]: file }, set }
}

t.test('steps of the wall clock change no verdict and no duration', { skip: skipWithoutRedis() }, async (t) => {
  let clock: Awaited<ReturnType<typeof wallClock>>
  try {
    clock = await wallClock(t)
  } catch (error) {
    if (!(error instanceof UnsupportedFault)) throw error
    return t.comment(error.message)
  }
  const reports = reportsFolder(t)
  const where = ['--platform', 'process', ...clusterFlags(await leaseCluster()), '--reports', reports]
  const cli = startCli(t, ['run', testScenario('clock-steps'), ...where], clock.env)
  for (const { after, offsetMs } of STEPS) {
    await cli.until(after)
    await clock.set(offsetMs)
  }
  const { code, stdout, stderr, tookMs } = await cli.ended
  t.equal(code, 0, stdout + stderr)
  t.match(stdout, /audited: 12 rules,(?: \d not evaluated,)? 0 findings/)
  const [scenario] = lastReport(reports).scenarios
  const events = readEvents(path.join(reports, 'latest', 'events.jsonl'))
  const steps = events.flatMap((event) => (event.type === 'clock-stepped' ? Math.round(event.byMs / 1000) : []))
  t.strictSame(steps, [30, -3600, 3600, -30], 'every one of them was seen')
  t.ok(scenario && scenario.durationMs < tookMs, 'the scenario took no longer than the program')
  for (const { name, durationMs = 0 } of scenario?.steps ?? [])
    t.ok(durationMs >= 0 && durationMs < tookMs, `${name}: ${durationMs} ms`)
  const [failover, ...others] = scenario?.failovers ?? []
  t.strictSame(others, [])
  t.match(failover, { kind: 'kill', outcome: 'promoted' })
  t.ok(failover && failover.totalMs >= 2000 && failover.totalMs < 12_000, `${failover?.totalMs} ms`)
  for (const { name, durationMs } of failover?.phases ?? []) t.ok(durationMs >= 0 && durationMs < 12_000, name)
  const promoted = failover?.moments.find(({ name }) => name === 'promoted')
  t.equal(promoted?.source, 'log')
  t.ok((promoted?.errorMs ?? 1000) < 600, `known to ${promoted?.errorMs} ms`)
})
