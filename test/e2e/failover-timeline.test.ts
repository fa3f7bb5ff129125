import { readFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { readEvents } from '../../runner/record/event-log.ts'
import type { EventOf, RunEvent } from '../../runner/record/events.ts'
import type { FailoverReport, ScenarioReport } from '../../runner/results/report-model.ts'
import { servers } from '../support/catalogue-servers.ts'
import { lastReport, reportsFolder, runCli, testScenario } from '../support/cli.ts'
import { requireDebian } from '../support/debian.ts'
import { requireEngine } from '../support/docker.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'

/** How far a promotion may be from the new master's own log line, ms. */
const AGREES_WITHIN_MS = 20

/** Plays a failover of each cause and compares the timelines with the logs of the nodes. */
async function play(t: Test, flags: readonly string[]): Promise<void> {
  const reports = reportsFolder(t)
  const where = clusterFlags(await leaseCluster())
  const args = ['run', testScenario('failover-causes'), ...flags, ...where, '--reports', reports]
  const { code, stdout, stderr } = await runCli(t, args)
  t.equal(code, 0, stdout + stderr)
  const { scenarios, folder } = lastReport(reports)
  const events = readEvents(path.join(folder, 'events.jsonl'))
  for (const [index, scenario] of scenarios.entries()) {
    t.test(`${scenario.server} · ${scenario.platform}`, async (t) => {
      checkTimelines(t, scenario, folder, Date.parse(scenario.startedAt))
      checkAgainstViews(t, scenario, events, index)
      t.match(stdout, `7 failovers`)
    })
  }
}

function checkTimelines(t: Test, { failovers, logs }: ScenarioReport, folder: string, wallMs: number): void {
  t.strictSame(
    failovers.map(({ kind, from, to, shard, outcome }) => `${kind} ${shard} ${from} ${to} ${outcome}`),
    [
      'partition 1 redis-node0 redis-node1 promoted',
      'stop 1 redis-node1 redis-node0 promoted',
      'manual 1 redis-node0 redis-node1 promoted',
      'kill 2 redis-node2 redis-node3 promoted',
      'force 2 redis-node3 redis-node2 promoted',
      'pause 3 redis-node4 redis-node5 promoted',
      'takeover 3 redis-node5 redis-node4 promoted',
    ],
  )
  for (const failover of failovers) {
    const log = logs.find(({ node }) => node === failover.to)
    const text = readFileSync(path.join(folder, log?.file ?? ''), 'utf8')
    checkPromotion(t, failover, text, wallMs)
    checkPhases(t, failover)
    checkTimes(t, failover)
  }
}

/**
 * The new master's log, read by hand: `<platform's stamp> <pid>:M 22 Nov 2026 14:31:26.123 * Failover election won…`.
 */
function checkPromotion(
  t: Test,
  { kind, moments, startMs, totalMs }: FailoverReport,
  log: string,
  wallMs: number,
): void {
  const lines = log.split('\n').filter((line) => /Failover election won|Taking over the (master|primary)/.test(line))
  const own = lines.map((line) => {
    const [, day, time] = /\d+:[MS] (\d\d \w{3} \d{4}) (\d\d:\d\d:\d\d\.\d{3})/.exec(line) ?? []
    return Date.parse(`${day} ${time} UTC`)
  })
  const promoted = moments.find(({ name }) => name === 'promoted')
  const saidMs = wallMs + startMs + totalMs
  const apartMs = Math.min(...own.map((lineMs) => Math.abs(lineMs - saidMs)))
  t.ok(apartMs <= AGREES_WITHIN_MS, `${kind}: promoted is ${apartMs.toFixed(2)} ms from the new master's line`)
  t.comment(
    `${kind}: promoted is ${apartMs.toFixed(2)} ms from the new master's line, ± ${promoted?.errorMs.toFixed(2)} stated`,
  )
  t.equal(promoted?.source, 'log')
}

/**
 * Looks at the new master know nothing of wall clocks and logs: it must have been promoted between the two that frame
 * it.
 */
function checkAgainstViews(
  t: Test,
  { failovers }: ScenarioReport,
  events: readonly RunEvent[],
  scenario: number,
): void {
  const start = events.find((event) => event.type === 'scenario-started' && event.scenario === scenario)
  const looks = events.filter(
    (event): event is EventOf<'view-seen'> => event.type === 'view-seen' && event.scenario === scenario,
  )
  for (const { kind, to, startMs, totalMs } of failovers) {
    const atMs = (start?.atMs ?? 0) + startMs + totalMs
    const isMaster = ({ view }: EventOf<'view-seen'>) =>
      view?.some(({ name, role }) => name === to && role === 'master')
    const own = looks.filter(({ node, view }) => node === to && view !== undefined)
    const after = own.find(
      (look, index) => isMaster(look) && look.seenMs >= atMs - 2 && !isMaster(own[index - 1] ?? look),
    )
    t.ok(
      after && after.afterMs - 2 <= atMs,
      `${kind}: promoted at ${atMs}, between looks at ${after?.afterMs} and ${after?.seenMs}`,
    )
  }
}

function checkPhases(t: Test, { kind, startMs, wholeMs, phases, moments }: FailoverReport): void {
  let atMs = startMs
  for (const phase of phases) {
    t.ok(Math.abs(phase.startMs - atMs) < 0.002, `${kind}, ${phase.name}: no gap, no overlap`)
    atMs = phase.startMs + phase.durationMs
  }
  t.ok(Math.abs(atMs - startMs - wholeMs) < 0.01, `${kind}: the phases add up to the whole`)
  for (const { errorMs } of moments) t.ok(errorMs >= 0)
  const names: readonly string[] = moments.map(({ name }) => name)
  // The scenario ends right after the last one: what follows a promotion may come too late to be seen.
  const after = kind === 'takeover' ? [] : ['first write', 'views agree', 'old master is replica', 'in sync']
  for (const name of ['promoted', ...after]) t.ok(names.includes(name), `${kind}: ${name} was seen`)
}

function checkTimes(t: Test, failover: FailoverReport): void {
  const { kind, wanted, totalMs, detectionMs = 0, electionMs = 0, clientOutageMs, expected, otherShards } = failover
  t.ok(clientOutageMs !== undefined, `${kind}: writes were tried`)
  if (wanted) return
  const floor = expected?.time.minMs ?? 0
  t.ok(floor >= 2000, `${kind}: the floor is ${floor} ms`)
  t.ok(totalMs >= floor, `${kind}: ${totalMs} ms is not below the floor`)
  t.ok(detectionMs >= 1990, `${kind}: nothing is agreed to have failed before the node time-out`)
  t.ok(electionMs >= (expected?.election?.minMs ?? 0) - 2, `${kind}: no election before its announced wait`)
  if (kind === 'partition') {
    // A master that is cut off serves on until it notices: where its heir is elected at once, as in Valkey 9, no write
    // need be refused.
    t.match(failover.summary, /detection .*expected.*(clients back after |no write was refused)/)
    t.equal(clientOutageMs === 0, failover.summary.includes('no write was refused'), `${kind}: clients out, or not`)
  } else {
    t.ok((clientOutageMs ?? 0) > 1900, `${kind}: clients were out`)
    t.match(failover.summary, /detection .*expected.*clients back after /)
  }
  // Where elections begin at once, as in Valkey 9, the others may be refused for too short a time to be seen.
  if ((expected?.election?.minMs ?? 0) < 500) return
  const others = [1, 2, 3].filter((shard) => shard !== failover.shard)
  t.strictSame(
    otherShards.map(({ shard }) => shard),
    others,
    `${kind}: the others were refused while the cluster was down`,
  )
  t.match(failover.summary, /refused for .* because `cluster-require-full-coverage` is yes/)
}

/** The others are played on processes. */
const ON_DOCKER = ['redis:8.0', 'valkey:8.1']

t.test('failovers of every cause on processes, with the servers that are not played on Docker', async (t) => {
  if (!(await requireDebian(t))) return
  const here = (await servers()).filter((server) => !ON_DOCKER.includes(server))
  await play(t, ['--platform', 'process', '--server', here.join(',')])
})

t.test('failovers of every cause on Docker', async (t) => {
  if (!(await requireEngine(t))) return
  await play(t, ['--platform', 'docker', '--server', ON_DOCKER.join(',')])
})
