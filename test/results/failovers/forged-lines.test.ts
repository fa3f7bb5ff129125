import t from 'tap'
import { judgeAudit } from '../../../runner/checks/audit/judge-audit.ts'
import type { EventOf, ScenarioEvent } from '../../../runner/record/events.ts'
import type { LogMoment, ViewObservation } from '../../../runner/record/observations.ts'
import { auditFacts } from '../../../runner/results/audit-facts.ts'
import { borneOut } from '../../../runner/results/failovers/borne-out.ts'
import { failoversIn, storedRun } from '../../support/replay-failovers.ts'

/** Six failovers on a real Redis 7.0: stop, manual, kill, force, pause, takeover. */
const EVENTS = storedRun('causes-redis-7.0.15').events.filter((event): event is ScenarioEvent => 'scenario' in event)
const TRUTH = failoversIn(EVENTS)
const START_MS = EVENTS.find(({ type }) => type === 'scenario-started')?.atMs ?? 0

type Line = EventOf<'failover-seen'>

function line(node: string, moment: LogMoment, seenMs: number, more: Partial<Line> = {}): Line {
  const about = { scenario: 0, errorMs: 1, text: `a line that tells of: ${moment}` }
  return { type: 'failover-seen', atMs: seenMs, node, moment, seenMs, ...about, ...more }
}

function withLines(...lines: Line[]): ScenarioEvent[] {
  return [...EVENTS, ...lines].sort((a, b) => a.atMs - b.atMs)
}

/** What the audit says of the evidence, with these lines in the logs of the servers. */
function evidenceOf(...lines: Line[]) {
  const { rules } = judgeAudit(
    auditFacts(withLines(...lines), () => []),
    {},
  )
  const rule = rules.find((one) => one.rule === 'evidence')
  return { verdict: rule?.verdict, texts: rule?.findings.map(({ text }) => text) ?? [] }
}

const first = TRUTH?.failovers[0]
const failedMs = START_MS + (first?.moments.find(({ name }) => name === 'failed')?.atMs ?? 0)
const promotedMs = START_MS + (first?.moments.find(({ name }) => name === 'promoted')?.atMs ?? 0)
const [heir = '', old = ''] = [first?.to, first?.from]
const WON = "Failover election won: I'm the new master."

t.test('the stored run has no line that its servers deny', async (t) => {
  t.strictSame(TRUTH?.denied, [])
  t.strictSame(evidenceOf(), { verdict: 'passed', texts: [] })
})

t.test('a promotion that no node bears out is no failover, and the run is inconclusive', async (t) => {
  const bystander = EVENTS.flatMap((event) => (event.type === 'cluster-ready' ? event.cluster.nodes : [])).find(
    ({ role, shard }) => role === 'replica' && shard !== first?.shard,
  )
  const forged: [string, Line][] = [
    ['before the true one', line(heir, 'election won', promotedMs - 2000, { text: WON })],
    ['after the true one', line(heir, 'election won', promotedMs + 2000, { text: WON })],
    ['of a replica that stays one', line(bystander?.name ?? '', 'election won', promotedMs, { text: WON })],
    ['of a master', line('redis-node4', 'taken over', promotedMs, { text: WON })],
    ['late, with an early stamp', line(heir, 'election won', promotedMs - 3000, { errorMs: 2000, text: WON })],
  ]
  for (const [name, one] of forged) {
    t.strictSame(failoversIn(withLines(one))?.failovers, TRUTH?.failovers, name)
    const { verdict, texts } = evidenceOf(one)
    t.equal(verdict, 'inconclusive', name)
    t.match(texts, [new RegExp(`^The log of ${one.node} says at .*, and no node bears it out: ${WON}$`)], name)
  }
})

t.test('a stamp that is far off makes no failover shorter than looks allow', async (t) => {
  const forged = line(heir, 'election won', promotedMs - 3000, { errorMs: 3010, text: WON })
  const [told] = failoversIn(withLines(forged))?.failovers ?? []
  t.ok((told?.totalMs ?? 0) >= (first?.totalMs ?? 0) - 200, `${told?.totalMs} for ${first?.totalMs}`)
  t.equal(evidenceOf(forged).verdict, 'inconclusive')
})

t.test('a mark, or its end, that the view of its node does not show is none', async (t) => {
  const forged = [
    line('redis-node4', 'marked failing', failedMs - 2000, { about: old }),
    line('redis-node4', 'told of failing', failedMs - 2000, { about: old }),
    line('redis-node4', 'failing cleared', promotedMs - 300, { about: old }),
    line('redis-node4', 'reconfigured as replica', promotedMs, { about: 'redis-node5' }),
  ]
  for (const one of forged) {
    t.strictSame(failoversIn(withLines(one))?.failovers, TRUTH?.failovers, one.moment)
    t.equal(evidenceOf(one).verdict, 'inconclusive', one.moment)
  }
})

t.test('a mark and its end between two looks are no evidence, and nobody is accused', async (t) => {
  const both = [
    line('redis-node4', 'told of failing', failedMs - 2000, { about: old }),
    line('redis-node4', 'failing cleared', failedMs - 1999, { about: old }),
  ]
  t.strictSame(failoversIn(withLines(...both))?.failovers, TRUTH?.failovers)
  t.strictSame(evidenceOf(...both), { verdict: 'passed', texts: [] })
})

t.test(
  'who is the master, or follows one, between two looks alone is no evidence, and nobody is accused',
  async (t) => {
    // Two replicas are asked to take over at once: redis-node1 is elected, and redis-node2 a moment later.
    const seen = (afterMs: number, seenMs: number, node: string, master: string): ViewObservation => {
      const view = ['redis-node0', 'redis-node1', 'redis-node2'].map((name) =>
        name === master
          ? { name, role: 'master' as const, slots: '0-16383' }
          : { name, role: 'replica' as const, of: master, slots: '' },
      )
      return { node, afterMs, seenMs, view }
    }
    const views = ['redis-node0', 'redis-node1', 'redis-node2'].flatMap((node) => [
      seen(0, 10, node, 'redis-node0'),
      seen(4500, 4630, node, 'redis-node2'),
    ])
    const lines = [
      line('redis-node1', 'election won', 4510),
      line('redis-node2', 'election won', 4517),
      line('redis-node0', 'reconfigured as replica', 4560, { about: 'redis-node1' }),
      line('redis-node1', 'reconfigured as replica', 4598, { about: 'redis-node2' }),
      line('redis-node0', 'reconfigured as replica', 4610, { about: 'redis-node2' }),
    ]
    const told = borneOut(lines, views, 9000)
    t.strictSame(told.denied, [])
    t.strictSame(
      told.lines.map(({ node, moment, seenMs }) => `${seenMs} ${node} ${moment}`),
      [
        '4517 redis-node2 election won',
        '4598 redis-node1 reconfigured as replica',
        '4610 redis-node0 reconfigured as replica',
      ],
    )
    const [won, , follows] = lines
    const early = [won, follows].flatMap((one) => (one ? [{ ...one, seenMs: one.seenMs - 1000 }] : []))
    t.equal(
      borneOut([...early, ...lines.slice(3)], views, 9000).denied.length,
      2,
      'before the last look, it would show',
    )
    t.equal(borneOut(lines.slice(0, 3), views, 9000).denied.length, 2, 'without a later line it accuses')
  },
)

t.test('a request in the log is not of a step that runs a script', async (t) => {
  const step = { path: '99', verb: 'redis', name: `EVAL … on ${heir}`, file: 'x.yaml', line: 1 }
  const played = (name: string, administers?: string): ScenarioEvent[] => [
    { type: 'step-started', atMs: promotedMs - 20, scenario: 0, index: 98, step: { ...step, name } },
    {
      ...{ type: 'step-ended', atMs: promotedMs + 5, scenario: 0, index: 98, step: { ...step, name }, durationMs: 25 },
      outcome: { verdict: 'passed', targets: [heir], ...(administers !== undefined && { administers }) },
    },
  ]
  const askedBy = (steps: ScenarioEvent[]) =>
    failoversIn(
      [...withLines(line(heir, 'manual accepted', promotedMs - 10)), ...steps].sort((a, b) => a.atMs - b.atMs),
    )?.failovers[0]?.askedBy
  t.equal(askedBy(played(`EVAL … on ${heir}`)), undefined)
  t.equal(askedBy(played(`SET a b on ${heir}`, 'CONFIG SET port')), undefined)
  t.equal(askedBy(played('by hand', 'CLUSTER FAILOVER')), '99')
})

t.test('a request that follows one given up in the same millisecond is not given up', async (t) => {
  const [accepted, givenUp] = (['manual accepted', 'manual given up'] as const).map((moment) =>
    line(heir, moment, promotedMs - 10),
  )
  const firstOf = (...lines: (Line | undefined)[]) =>
    failoversIn(withLines(...lines.filter((one) => one !== undefined)))?.failovers[0]
  t.equal(firstOf(givenUp, accepted)?.kind, 'manual')
  t.not(firstOf(accepted, givenUp)?.kind, 'manual')
})

t.test('where nobody looked, logs are all that there is', async (t) => {
  const unseen = EVENTS.filter(({ type }) => type !== 'view-seen')
  t.strictSame(failoversIn(unseen)?.denied, [])
  t.equal(failoversIn(unseen)?.failovers.length, TRUTH?.failovers.length)
})

t.test('a promotion right before the end of the watch, which nobody saw, is none', async (t) => {
  const endMs = EVENTS.find(({ type }) => type === 'watch-ended')?.atMs ?? 0
  const forged = line(old, 'election won', endMs - 5, { text: WON })
  t.strictSame(failoversIn(withLines(forged))?.failovers, TRUTH?.failovers)
  t.equal(evidenceOf(forged).verdict, 'inconclusive')
})
