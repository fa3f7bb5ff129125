import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { packagedServers } from '../../runner/platforms/catalogue.ts'
import type { EventOf, ScenarioEvent } from '../../runner/record/events.ts'
import type { Suspicion } from '../../runner/results/failovers/suspicions.ts'
import type { FailoverTimeline } from '../../runner/results/failovers/timeline.ts'
import { failoversIn, LOGS, readLines, replay, type StoredRun, storedRun } from '../support/replay-failovers.ts'

/** Runs on real servers, stored by scripts/store-failover-logs.ts: see README.md beside them. */
const RUNS = readdirSync(LOGS, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)

t.test('there is a stored run of every server that can be had without a registry', async (t) => {
  const servers = await packagedServers(path.join(LOGS, '../../..'))
  t.ok(servers.length > 1)
  for (const server of servers) {
    const stored = `causes-${server.replace(':', '-')}.`
    t.ok(
      RUNS.some((name) => name.startsWith(stored)),
      server,
    )
  }
})

for (const name of RUNS) {
  t.test(name, async (t) => {
    const run = storedRun(name)
    const { failovers, suspicions } = replay(run)
    const expected: unknown = JSON.parse(readFileSync(path.join(LOGS, name, 'expected.json'), 'utf8'))
    t.strictSame(failovers.map(essence), expected, 'every failover, its phases and where they are from')
    t.strictSame(suspicions.map(told), suspected(name), 'every master that was suspected, and needed no failover')
    for (const failover of failovers) checkSums(t, failover)
    checkAgainstLog(t, run, failovers)
    // The runs with six or more failovers tell of many; those with one of few.
    checkAgainstRecord(t, run, /^(causes|troubles)/.test(name) ? 50 : 10)
  })
}

t.test('what takes masters away otherwise is told rightly on each server', (t) => {
  const servers = RUNS.flatMap((name) => /^causes-(.*)$/.exec(name)?.[1] ?? [])
  for (const server of servers) {
    const kinds = (name: string) => replay(storedRun(`${name}-${server}`)).failovers.map(({ kind }) => kind)
    t.strictSame(kinds('ends'), ['crash', 'kill', 'memory'], server)
    t.strictSame(kinds('pair'), ['kill', 'kill'], server)
    t.strictSame(kinds('cuts'), ['partition', 'partition', 'partition', 'partition'], server)
  }
  t.end()
})

t.test('each way of failing over is among the stored runs of each server', async (t) => {
  for (const name of RUNS.filter((one) => one.startsWith('causes-'))) {
    // Later runs begin with a cut.
    const kinds = replay(storedRun(name)).failovers.flatMap(({ kind }) => (kind === 'partition' ? [] : kind))
    t.strictSame(kinds, ['stop', 'manual', 'kill', 'force', 'pause', 'takeover'], name)
  }
})

t.test('a step may begin before the line that it waited for, where lines are known by when they came', (t) => {
  const events = storedRun('causes-redis-7.0.15').events.filter((event): event is ScenarioEvent => 'scenario' in event)
  const won = events.filter((event) => event.type === 'failover-seen' && event.moment === 'election won')
  const promoted = won.find((event) => event.type === 'failover-seen' && event.node === 'redis-node3')
  const promotedMs = promoted?.type === 'failover-seen' ? promoted.seenMs : 0
  const { failovers } = failoversIn(
    events.map((event) => {
      if (event === promoted) return { ...event, errorMs: 31 }
      const isCleared =
        event.type === 'failover-seen' && event.moment === 'failing cleared' && event.about === 'redis-node2'
      if (isCleared) return { ...event, seenMs: promotedMs - 5, errorMs: 31 }
      const isStart = event.type === 'fault-seen' && event.undone && event.nodes.includes('redis-node2')
      return isStart ? { ...event, fromMs: promotedMs - 10, toMs: promotedMs + 10 } : event
    }),
  ) ?? { failovers: [] }
  const told = failovers.filter(({ shard }) => shard === 2).map(({ kind, outcome }) => `${kind} ${outcome}`)
  t.strictSame(told, ['kill promoted', 'force promoted'])
  t.end()
})

t.test('an heir that set an election up in vain before has to wait, and that is told', (t) => {
  const events = storedRun('ends-redis-7.0.15').events.filter((event): event is ScenarioEvent => 'scenario' in event)
  const begun = events.find(
    (event) => event.type === 'failover-seen' && event.moment === 'election started' && event.node === 'redis-node1',
  )
  const [, chain] = failoversIn(events.filter((event) => event !== begun))?.failovers ?? []
  t.match(chain, {
    to: 'redis-node1',
    incidents: ['redis-node1 had set up an election in vain before, and had to wait until it might set up another'],
  })
  t.ok((chain?.expected?.election?.maxMs ?? 0) > (chain?.electionMs ?? 0), 'it took as long as was to be expected')
  t.end()
})

t.test('a mark that only nodes without a majority made is no failing', (t) => {
  const events = storedRun('halves-redis-7.0.15').events.filter((event): event is ScenarioEvent => 'scenario' in event)
  const marked = events.find((event) => event.type === 'failover-seen' && event.moment === 'marked failing')
  if (marked?.type !== 'failover-seen') throw new Error('the stored run has no mark')
  const stale: ScenarioEvent = { ...marked, node: 'redis-node0', about: 'redis-node2', seenMs: marked.seenMs + 50 }
  const before = failoversIn(events)?.failovers.map(({ kind, shard, outcome }) => `${kind} ${shard} ${outcome}`)
  const after = failoversIn([...events, stale])?.failovers.map(
    ({ kind, shard, outcome }) => `${kind} ${shard} ${outcome}`,
  )
  t.strictSame(after, before)
  t.end()
})

/** What is expected of suspicions: a file beside the failovers, where there were any. */
function suspected(name: string): unknown {
  const file = path.join(LOGS, name, 'suspicions.json')
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
}

function told({ shards, nodes, cause, summary }: Suspicion): unknown {
  return { shards, nodes, cause, summary }
}

/** What is expected of a failover, to the millisecond. */
function essence(failover: FailoverTimeline): unknown {
  const { shard, from, to, cause, kind, outcome, undone, wanted, resync, rank, epoch, incidents } = failover
  const rounded = (ms: number | undefined) => (ms === undefined ? undefined : Math.round(ms))
  return JSON.parse(
    JSON.stringify({
      shard,
      from,
      to,
      cause,
      kind,
      outcome,
      undone,
      wanted,
      resync,
      rank,
      epoch,
      totalMs: rounded(failover.totalMs),
      detectionMs: rounded(failover.detectionMs),
      electionMs: rounded(failover.electionMs),
      clientOutageMs: rounded(failover.clientOutageMs),
      phases: failover.phases.map(({ name, durationMs }) => `${name} ${Math.round(durationMs)}`),
      sources: failover.moments.map(({ name, source, node }) => `${name}: ${source}${node ? ` ${node}` : ''}`),
      incidents,
    }),
  )
}

function checkSums(t: Test, { startMs, wholeMs, totalMs, phases, moments, outcome }: FailoverTimeline): void {
  let atMs = startMs
  for (const { name, startMs: beginMs, durationMs } of phases) {
    t.ok(Math.abs(beginMs - atMs) < 0.002, `${name} begins where the phase before it ends`)
    t.ok(durationMs >= 0, `${name} takes no negative time`)
    atMs = beginMs + durationMs
  }
  t.ok(Math.abs(atMs - startMs - wholeMs) < 0.01, 'the phases add up to the whole')
  const promoted = moments.find(({ name }) => name === 'promoted')
  t.equal(promoted !== undefined, outcome === 'promoted' || outcome === 'undone')
  if (promoted) t.ok(Math.abs(promoted.atMs - startMs - totalMs) < 0.002, 'the new master was one after the total')
}

/** Read by hand from the log, without the code under test: every promotion is there, at its own line's time. */
function checkAgainstLog(t: Test, run: StoredRun, failovers: readonly FailoverTimeline[]): void {
  const scenario = run.events.find((event): event is EventOf<'scenario-started'> => event.type === 'scenario-started')
  const lines = run.lines.filter((line) => /Failover election won|Taking over the (master|primary)/.test(line))
  const promoted = failovers
    .filter(({ outcome }) => outcome === 'promoted' || outcome === 'undone')
    .sort((a, b) => a.startMs + a.totalMs - b.startMs - b.totalMs)
  t.equal(lines.length, promoted.length, 'as many failovers as promotions in the logs')
  for (const [index, line] of lines.entries()) {
    const [node = '', stamp = ''] = line.split(' ')
    const failover = promoted[index]
    t.equal(failover?.to, node)
    const moment = failover?.moments.find(({ name }) => name === 'promoted')
    const wallMs = run.wallAtStartMs + (scenario?.atMs ?? 0) + (moment?.atMs ?? 0)
    t.ok(Math.abs(wallMs - Date.parse(stamp)) <= 2, `${node}: promoted ${wallMs - Date.parse(stamp)} ms after its line`)
  }
}

/** The run that was stored saw the same lines at the same times. */
function checkAgainstRecord(t: Test, run: StoredRun, leastLines: number): void {
  const recorded = run.events.filter((event): event is EventOf<'failover-seen'> => event.type === 'failover-seen')
  const key = ({ node, moment, text }: EventOf<'failover-seen'>) => `${node} ${moment} ${text}`
  const again = readLines(run)
  t.ok(recorded.length > leastLines, `${recorded.length} lines told of failovers`)
  t.strictSame(again.map(key).sort(), recorded.map(key).sort(), 'the same lines, and no others')
  const lost = recorded.filter(
    (event) => !again.some((other) => key(other) === key(event) && Math.abs(other.seenMs - event.seenMs) <= 2),
  )
  t.strictSame(lost, [], 'at the same times')
}
