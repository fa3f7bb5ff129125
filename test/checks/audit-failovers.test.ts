import t from 'tap'
import { judgeAudit } from '../../runner/checks/audit/judge-audit.ts'
import type { AuditRuleOutcome } from '../../runner/record/audit-outcome.ts'
import type { ScenarioEvent } from '../../runner/record/events.ts'
import { type AuditFacts, auditFacts } from '../../runner/results/audit-facts.ts'
import type { FailoverTimeline } from '../../runner/results/failovers/timeline.ts'
import { scenario } from '../support/audited-events.ts'
import { storedRun } from '../support/replay-failovers.ts'

/** What is found in a stored run, had its events been otherwise. */
function foundIn(run: string, change: (event: ScenarioEvent) => ScenarioEvent | undefined): string[] {
  const events = storedRun(run).events.filter((event): event is ScenarioEvent => 'scenario' in event)
  const facts = auditFacts(
    events.flatMap((event) => change(event) ?? []),
    () => [],
  )
  return judgeAudit(facts, {}).rules.flatMap(({ rule, findings }) => findings.map(({ text }) => `${rule}: ${text}`))
}

t.test('failovers that a fault explains are no finding; without it each is one', async (t) => {
  t.strictSame(
    foundIn('halves-redis-7.0.15', (event) => event),
    [],
  )
  const found = foundIn('halves-redis-7.0.15', (event) =>
    event.type === 'fault-seen' || event.type === 'fault-began' ? undefined : event,
  )
  t.match(found, [
    /^failover: redis-node1 replaced redis-node0 in shard 1 at 4\.34 s, and no step and no fault explains/,
  ])
  t.equal(found.length, 1)
})

t.test('a replica that took the CLUSTER FAILOVER of another for its own was asked by a step', async (t) => {
  const found = foundIn('two-asked-redis-7.0.15', (event) => event)
  t.strictSame(
    found.filter((text) => text.startsWith('failover:')),
    [],
  )
  const [asked, ...more] = foundIn('two-asked-redis-7.0.15', (event) =>
    event.type === 'failover-seen' && event.moment === 'handover asked' ? undefined : event,
  ).filter((text) => text.startsWith('failover:'))
  t.match(asked, /^failover: redis-node0 replaced redis-node1 in shard 1 at 7\.84 s, and no step and no fault explains/)
  t.strictSame(more, [])
})

/** All servers stood still with the runner for 8 s. */
const together = (fromMs: number) => ({
  ...({ type: 'stall-seen', atMs: fromMs + 8000, scenario, who: 'runner', servers: 'stood-still' } as const),
  ...{ fromMs, toMs: fromMs + 8000 },
})

/** The rule that a stored run breaks once its faults are not known, and the machine stood still from `fromMs` on. */
function shaken(name: string, fromMs: number): AuditRuleOutcome | undefined {
  const events = storedRun(name).events.filter((event): event is ScenarioEvent => 'scenario' in event)
  const kept = events.filter(({ type }) => type !== 'fault-seen' && type !== 'fault-began')
  const facts = auditFacts([...kept.slice(0, -1), together(fromMs), ...kept.slice(-1)], () => [])
  return judgeAudit(facts, {}).rules.find(({ rule }) => rule === 'failover')
}

t.test('a failover after all servers stood still is inconclusive, and names the gap', async (t) => {
  const found = shaken('halves-redis-7.0.15', -6000)
  t.match(found, { verdict: 'inconclusive', findings: [{ nodes: ['redis-node1', 'redis-node0'] }] })
  t.match(found?.findings[0]?.text, /yet the servers stood still with this runner for 8\.00 s/)
  t.match(shaken('halves-redis-7.0.15', 60_000), { verdict: 'failed' }, 'it came before they did')
})

/** The findings of `failover_time`, had clients been refused otherwise. */
function refusedFor(change: Partial<FailoverTimeline>, more: Partial<AuditFacts> = {}) {
  const events = storedRun('halves-redis-7.0.15').events.filter((event): event is ScenarioEvent => 'scenario' in event)
  const facts = auditFacts(events, () => [])
  const timelines = facts.timelines.map((one) => ({ ...one, ...change }))
  const { rules } = judgeAudit({ ...facts, timelines, ...more }, {})
  return rules.find(({ rule }) => rule === 'failover_time')
}

t.test('clients that are refused for longer than the settings let expect', async (t) => {
  const events = storedRun('halves-redis-7.0.15').events.filter((event): event is ScenarioEvent => 'scenario' in event)
  const { timelines, run } = auditFacts(events, () => [])
  const [timeline] = timelines
  const mostMs = timeline?.expected?.clientOutage?.maxMs ?? 0
  t.ok(mostMs > 1000)
  const late = { clientOutageMs: mostMs * 1.5 + 1000 }
  t.match(refusedFor(late), {
    verdict: 'failed',
    findings: [{ text: /^Clients of shard 1 \(redis-node0 to redis-node1, .*\) were refused for .* is the most that/ }],
  })
  t.match(refusedFor({ ...late, clientsBack: false }), { findings: [{ text: /were refused for at least/ }] })
  t.match(refusedFor({ clientOutageMs: mostMs + 400 }), { verdict: 'passed' }, 'there is room')
  t.match(refusedFor({ clientOutageMs: 0 }), { verdict: 'passed' })
  const [startMs, endMs] = [timeline?.startMs ?? 0, (timeline?.startMs ?? 0) + late.clientOutageMs]
  const beside = { step: '9', verb: 'network', nodes: ['redis-node3'], shards: [2], startMs, endMs }
  t.match(
    refusedFor(late, { run: { ...run, faults: [...run.faults, beside] } }),
    { verdict: 'passed' },
    'another fault beside it',
  )
  const runnerStalls = [{ startMs: startMs + 10, endMs, together: false }]
  t.match(refusedFor(late, { run: { ...run, runnerStalls } }), {
    verdict: 'inconclusive',
    findings: [{ text: /stood still/ }],
  })
})

t.test('a fault that slows the candidate, or the votes that it needs, explains a late election', async (t) => {
  const events = storedRun('halves-redis-7.0.15').events.filter((event): event is ScenarioEvent => 'scenario' in event)
  const { timelines, run } = auditFacts(events, () => [])
  const [timeline] = timelines
  const late = { electionMs: (timeline?.expected?.election?.maxMs ?? 0) * 3 }
  t.match(refusedFor(late), { verdict: 'failed', findings: [{ text: /^The election in shard 1/ }] })
  const [startMs, endMs] = [timeline?.startMs ?? 0, (timeline?.startMs ?? 0) + (timeline?.totalMs ?? 0)]
  const slowed = (node: string, shard: number, span = { startMs: 0, endMs }, verb = 'network') => {
    const fault = { step: '9', verb, nodes: [node], shards: [shard], ...span }
    return refusedFor(late, { run: { ...run, faults: [...run.faults, fault] } })
  }
  const masters = run.shards.map(({ nodes: [master = ''] }) => master)
  const unjudged = {
    verdict: 'not-evaluated',
    lookedAt: 'nothing: a fault slowed the replica or its voters in 1 failover',
  }
  t.match(slowed('redis-node1', 1), unjudged, 'the candidate')
  t.match(slowed(masters[1] ?? '', 2), unjudged, 'both voters are needed')
  t.match(slowed(masters[1] ?? '', 2, { startMs: 0, endMs }, 'stall'), unjudged)
  t.match(slowed(run.shards[1]?.nodes[1] ?? '', 2), { verdict: 'failed' }, 'replicas of others have no vote')
  t.match(slowed('redis-node1', 1, { startMs: 0, endMs: startMs - 1 }), { verdict: 'failed' }, 'it was over')
  t.match(slowed('redis-node0', 1), { verdict: 'failed' }, 'the old master takes no part')
})

t.test('a cut that begins when its master is taken to have failed already is the reason, too', (t) => {
  const { events } = storedRun('halves-redis-7.0.15')
  const marked = events.find((event) => event.type === 'failover-seen' && event.moment === 'marked failing')
  const fromMs = (marked?.type === 'failover-seen' ? marked.seenMs : 0) + 100
  const found = foundIn('halves-redis-7.0.15', (event) =>
    event.type === 'fault-seen' && !event.undone ? { ...event, fromMs, toMs: fromMs + 20 } : event,
  )
  t.strictSame(found, [])
  t.end()
})

/** The failover of a stored run without its faults, and with a command that a step sent to its master shortly before. */
function foundWith(administers: string, on: string, administered?: string[]): { found: string[]; causes: string[] } {
  const { events } = storedRun('halves-redis-7.0.15')
  const begun = events.find((event) => event.type === 'fault-seen')
  const step = { path: '9', verb: 'redis', name: administers, file: 's.yaml', line: 9 }
  const atMs = (begun?.atMs ?? 0) + 700
  const planted: ScenarioEvent = {
    ...{ type: 'step-ended', atMs, scenario, index: 9, step, durationMs: 40 },
    outcome: { verdict: 'passed', administers, targets: [on], ...(administered && { administered }) },
  }
  const own = events.filter(
    (event): event is ScenarioEvent =>
      'scenario' in event &&
      event.type !== 'fault-seen' &&
      event.type !== 'fault-began' &&
      event.type !== 'fault-ended',
  )
  const facts = auditFacts([...own, planted], () => [])
  const found = judgeAudit(facts, {}).rules.flatMap(({ findings }) => findings.map(({ text }) => text))
  return { found, causes: facts.timelines.map(({ kind, cause }) => `${kind}: ${cause}`) }
}

t.test('a command explains a failover only if it may lead to one', (t) => {
  for (const [command, node] of [
    ['CONFIG SET maxmemory', 'redis-node0'],
    ['DEBUG OBJECT', 'redis-node0'],
    ['CLUSTER SETSLOT', 'redis-node0'],
    // Of the server that it is sent to, and of no other.
    ['DEBUG SLEEP', 'redis-node2'],
    ['CONFIG SET port', 'redis-node2'],
  ] as const) {
    const { found, causes } = foundWith(command, node)
    t.strictSame(causes, ['unplanned: unplanned'], `${command} on ${node}`)
    t.match(found.join('\n'), /redis-node1 replaced redis-node0 .* no step and no fault explains it/)
  }
  for (const [command, node] of [
    ['DEBUG SLEEP', 'redis-node0'],
    ['DEBUG DROP-CLUSTER-PACKET-FILTER', 'redis-node0'],
    ['CONFIG SET maxmemory cluster-announce-port', 'redis-node0'],
    ['CONFIG SET cluster-node-timeout', 'redis-node4'],
    ['CLUSTER FORGET', 'redis-node4'],
  ] as const) {
    const { found, causes } = foundWith(command, node)
    t.strictSame(causes, [`command: ${command} in step 9`], `${command} on ${node}`)
    t.strictSame(found, [])
  }
  t.end()
})

t.test('a node that is forgotten explains what becomes of itself, and of no other', (t) => {
  t.match(foundWith('CLUSTER FORGET', 'redis-node0', ['redis-node0']), {
    ...{ found: [], causes: ['command: CLUSTER FORGET in step 9'] },
  })
  const other = foundWith('CLUSTER FORGET', 'redis-node5', ['redis-node5'])
  t.strictSame(other.causes, ['unplanned: unplanned'])
  t.match(other.found.join('\n'), /redis-node1 replaced redis-node0 .* no step and no fault explains it/)
  t.end()
})

t.test('an election that takes longer than the settings let expect', async (t) => {
  const lateMs = 4000
  const found = foundIn('halves-redis-7.0.15', (event) => {
    const isAfterDetection = event.type === 'failover-seen' && event.seenMs > 3_300
    if (!('seenMs' in event) || !(isAfterDetection || event.type === 'view-seen')) return event
    const late = event.seenMs > 3_300 ? lateMs : 0
    return { ...event, seenMs: event.seenMs + late }
  })
  t.match(found.join('\n'), /^failover_time: The (detection|election) in shard 1/m)
})

t.test('a failover that was asked for may take as long as its step allows', async (t) => {
  const events = storedRun('causes-redis-7.0.15').events.filter((event): event is ScenarioEvent => 'scenario' in event)
  const facts = auditFacts(events, () => [])
  const timelines = facts.timelines.map((one) => (one.wanted ? { ...one, totalMs: 20_000 } : one))
  t.equal(timelines.filter(({ wanted }) => wanted).length, 3)
  const { rules } = judgeAudit({ ...facts, timelines }, {})
  t.match(
    rules.find(({ rule }) => rule === 'failover_time'),
    { findings: [], verdict: 'passed' },
  )
})
