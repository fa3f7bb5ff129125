import t from 'tap'
import { judgeAudit, type Pardons } from '../../runner/checks/audit/judge-audit.ts'
import type { AuditRuleOutcome } from '../../runner/record/audit-outcome.ts'
import type { ScenarioEvent } from '../../runner/record/events.ts'
import { type AuditFacts, auditFacts, type WorkloadFact } from '../../runner/results/audit-facts.ts'
import type { FailoverTimeline } from '../../runner/results/failovers/timeline.ts'
import { storedRun } from '../support/replay-failovers.ts'

const scenario = 0
const NODES = [
  { name: 'redis-node0', address: 'localhost:7010', role: 'master', shard: 1 },
  { name: 'redis-node1', address: 'localhost:7011', role: 'replica', shard: 1 },
] as const

type View = Extract<ScenarioEvent, { type: 'view-seen' }>

function view(node: string, atMs: number, roles: { master: string; replica: string; slots?: string }): View {
  const { master, replica, slots = '0-16383' } = roles
  return {
    ...{ type: 'view-seen', atMs, scenario, node, afterMs: atMs, seenMs: atMs },
    view: [
      { name: master, role: 'master', slots },
      { name: replica, role: 'replica', of: master, slots: '' },
    ],
  }
}

const AS_FORMED = { master: 'redis-node0', replica: 'redis-node1' }

/** A run of 20 s in which nothing happened, with some of its events taken away and others added. */
function eventsOf(planted: readonly ScenarioEvent[], without: readonly ScenarioEvent['type'][] = []): ScenarioEvent[] {
  const quiet: ScenarioEvent[] = [
    {
      ...{ type: 'scenario-started', atMs: 0, scenario, id: 's', title: 's', file: 's.yaml', tags: [], seed: 1 },
      ...{ params: {}, platform: 'process', server: 'redis 7.0.15', steps: [] },
    },
    {
      ...{ type: 'cluster-ready', atMs: 1000, scenario, setupMs: 1000, server: 'redis 7.0.15' },
      cluster: { shards: 1, replicas: 1, nodes: [...NODES], config: {}, slots: [[[0, 16383]]] },
    },
    view('redis-node0', 1010, AS_FORMED),
    view('redis-node1', 1010, AS_FORMED),
    {
      ...{ type: 'end-state-seen', atMs: 19_000, scenario, withinMs: 23_000, settledAfterMs: 2, problems: [] },
      ...{ epochs: { first: 2, last: 2 }, absent: [] },
    },
    {
      ...{ type: 'data-compared', atMs: 19_100, scenario, keys: 300, replicas: 1, tookMs: 40, differences: [] },
      ...{ unnamed: 0, incomplete: [] },
    },
    { type: 'watch-ended', atMs: 19_200, scenario },
    {
      ...{ type: 'scenario-ended', atMs: 20_000, scenario, verdict: 'passed', durationMs: 20_000, setupMs: 1000 },
      cleanupMs: 100,
    },
  ]
  const kept = quiet.filter(({ type }) => !without.includes(type))
  return [...kept, ...planted].sort((one, other) => one.atMs - other.atMs)
}

interface Planted {
  events?: readonly ScenarioEvent[]
  without?: readonly ScenarioEvent['type'][]
  workloads?: readonly WorkloadFact[]
  pardons?: Pardons
  warnOnly?: boolean
}

function audit({ events = [], without, workloads = [], pardons = {}, warnOnly = false }: Planted): AuditRuleOutcome[] {
  return judgeAudit(
    auditFacts(eventsOf(events, without), () => workloads),
    pardons,
    { warnOnly },
  ).rules
}

function endState(problems: string[]): ScenarioEvent {
  return { type: 'end-state-seen', atMs: 19_000, scenario, withinMs: 23_000, problems, absent: [] }
}

/** A step that sent a command of an administrator. */
function commandSent(administers: string, atMs: number, node = 'redis-node1'): ScenarioEvent[] {
  const step = { path: '1', verb: 'redis', name: administers, file: 's.yaml', line: 1 }
  return [
    { type: 'step-started', atMs, scenario, index: 1, step },
    {
      ...{ type: 'step-ended', atMs: atMs + 50, scenario, index: 1, step, durationMs: 50 },
      outcome: { verdict: 'passed', targets: [node], administers },
    },
  ]
}

const crashReport = ['=== REDIS BUG REPORT START: Cut & paste starting from here ===', 'crashed by signal: 11']

const ended: ScenarioEvent = {
  ...{ type: 'server-ended', atMs: 5100, scenario, node: 'redis-node1', seenMs: 5100 },
  ...{ text: 'process was killed by SIGSEGV', lastLines: ['the last line'] },
}

function resources(atMs: number, clients: number): ScenarioEvent {
  return {
    ...{ type: 'resources-seen', atMs, scenario, node: 'redis-node0', seenMs: atMs, clients },
    ...{ usedMemory: 2_000_000, replicationBuffers: 0, keys: 10 },
  }
}

/** By what is planted: the rule that finds it, and what it says. */
const PLANTS: Readonly<Record<string, Planted & { rule: string; says: RegExp; verdict?: 'inconclusive' }>> = {
  'a server that crashed': {
    events: [
      ended,
      {
        type: 'alarm-seen',
        atMs: 5300,
        scenario,
        node: 'redis-node1',
        seenMs: 5000,
        kind: 'crash report',
        lines: crashReport,
      },
    ],
    rule: 'crash',
    says: /^redis-node1 ended by itself at 5\.00 s: process was killed by SIGSEGV\n=== REDIS BUG REPORT START.*\ncrashed by signal: 11$/,
  },
  'a server that was ended for memory': {
    events: [{ ...ended, text: 'container exited with code 137', exitCode: 137, outOfMemory: true }],
    rule: 'crash',
    says: /^redis-node1 ended by itself at 5\.10 s: container exited with code 137, for want of memory\nthe last line$/,
  },
  'a server that started again by itself': {
    events: [{ type: 'server-started', atMs: 5000, scenario, node: 'redis-node0', seenMs: 5000 }],
    rule: 'crash',
    says: /^redis-node0 started again by itself at 5\.00 s$/,
  },
  'a crash report of a server that was removed before anyone saw it end': {
    events: [
      {
        ...{ type: 'alarm-seen', atMs: 5000, scenario, node: 'redis-node0', seenMs: 5000, kind: 'crash report' },
        lines: crashReport,
      },
    ],
    rule: 'crash',
    says: /^redis-node0 logged a crash report at 5\.00 s: crashed by signal: 11\n=== REDIS BUG REPORT START/,
  },
  'an assertion that did not end its server': {
    events: [
      {
        type: 'alarm-seen',
        atMs: 5000,
        scenario,
        node: 'redis-node0',
        seenMs: 5000,
        kind: 'assertion',
        lines: ['=== ASSERTION FAILED ===', "==> t_list.c:42 'len > 0' is not true"],
      },
    ],
    rule: 'crash',
    says: /^redis-node0 logged an assertion at 5\.00 s: ==> t_list\.c:42 'len > 0' is not true\n=== ASSERTION FAILED ===$/,
  },
  'a replica that follows another master by itself': {
    events: [
      {
        ...view('redis-node1', 6000, AS_FORMED),
        view: [{ name: 'redis-node1', role: 'replica', of: 'redis-node4', slots: '' }],
      },
    ],
    rule: 'roles',
    says: /^redis-node1 became a replica of redis-node4 at 6\.00 s; until then it was a replica of redis-node0, and nothing explains/,
  },
  'a replica that follows another master while some other shard has a fault': {
    events: [
      {
        ...{ type: 'fault-seen', atMs: 4000, scenario, fault: 'kill', nodes: ['redis-node4'], undone: false },
        ...{ fromMs: 4000, toMs: 4010 },
      },
      {
        ...view('redis-node1', 6000, AS_FORMED),
        view: [{ name: 'redis-node1', role: 'replica', of: 'redis-node4', slots: '' }],
      },
    ],
    rule: 'roles',
    says: /^redis-node1 became a replica of redis-node4 at 6\.00 s/,
  },
  'a replica that follows another master after a step had changed a setting of it': {
    events: [
      ...commandSent('CONFIG SET', 5000),
      {
        ...view('redis-node1', 6000, AS_FORMED),
        view: [{ name: 'redis-node1', role: 'replica', of: 'redis-node4', slots: '' }],
      },
    ],
    rule: 'roles',
    says: /^redis-node1 became a replica of redis-node4 at 6\.00 s/,
  },
  'a CLUSTER FAILOVER that no step asked for': {
    events: [
      ...(['manual accepted', 'election won'] as const).map(
        (moment, place): ScenarioEvent => ({
          ...{ type: 'failover-seen', atMs: 6000 + place * 10, scenario, node: 'redis-node1', moment },
          ...{ seenMs: 6000 + place * 10, errorMs: 1, text: moment },
        }),
      ),
      view('redis-node1', 6020, { master: 'redis-node1', replica: 'redis-node0' }),
      view('redis-node0', 6030, { master: 'redis-node1', replica: 'redis-node0' }),
    ],
    rule: 'failover',
    says: /^redis-node1 replaced redis-node0 in shard 1 at 6\.01 s, and no step asked for this CLUSTER FAILOVER\n/,
  },
  'slots that moved by themselves': {
    events: [view('redis-node0', 6000, { ...AS_FORMED, slots: '0-16382' })],
    rule: 'slots',
    says: /^redis-node0 served slots 0-16383 and serves 0-16382 since 6\.00 s, and no step moved them$/,
  },
  'slots that moved long after a step had moved some': {
    events: [
      ...commandSent('CLUSTER SETSLOT', 2000, 'redis-node0'),
      view('redis-node0', 14_000, { ...AS_FORMED, slots: '0-16382' }),
    ],
    rule: 'slots',
    says: /^redis-node0 served slots 0-16383 and serves 0-16382 since 14\.00 s, and no step moved them$/,
  },
  'a replica that changed its master long after a step had given it one': {
    events: [
      ...commandSent('CLUSTER REPLICATE', 2000),
      {
        ...view('redis-node1', 14_000, AS_FORMED),
        view: [{ name: 'redis-node1', role: 'replica', of: 'redis-node4', slots: '' }],
      },
    ],
    rule: 'roles',
    says: /^redis-node1 became a replica of redis-node4 at 14\.00 s/,
  },
  'slots that moved after a step had changed a setting': {
    events: [...commandSent('CONFIG SET', 5000), view('redis-node0', 6000, { ...AS_FORMED, slots: '0-16382' })],
    rule: 'slots',
    says: /^redis-node0 served slots 0-16383 and serves 0-16382 since 6\.00 s/,
  },
  'an epoch that rose by itself': {
    events: [
      {
        type: 'end-state-seen',
        atMs: 18_900,
        scenario,
        withinMs: 1,
        problems: [],
        epochs: { first: 2, last: 5 },
        absent: [],
      },
    ],
    without: ['end-state-seen'],
    rule: 'slots',
    says: /^The epoch rose from 2 to 5, and the logs tell of 0 elections or takeovers$/,
  },
  'a loop of full syncs': {
    events: [4000, 6000, 8000].flatMap((atMs): ScenarioEvent[] => [
      {
        type: 'failover-seen',
        atMs,
        scenario,
        node: 'redis-node0',
        moment: 'replica dropped',
        seenMs: atMs,
        errorMs: 1,
        text: 'scheduled to be closed',
        reason: 'scheduled to be closed ASAP for overcoming of output buffer limits',
      },
      {
        type: 'failover-seen',
        atMs,
        scenario,
        node: 'redis-node1',
        moment: 'full resync',
        seenMs: atMs,
        errorMs: 1,
        text: 'Full resync from master',
      },
    ]),
    rule: 'resync',
    says: /^redis-node1 synced in full 3 times: scheduled to be closed ASAP for overcoming of output buffer limits/,
  },
  'a node whose view never converges': {
    events: [endState(['redis-node1 says that redis-node0 is failing'])],
    without: ['end-state-seen', 'data-compared'],
    rule: 'end_state',
    says: /^the cluster was not healthy 23 s after everything was healed: redis-node1 says that redis-node0 is failing$/,
  },
  'a replica that did not apply a write': {
    events: [
      {
        ...{
          type: 'data-compared',
          atMs: 19_050,
          scenario,
          keys: 300,
          replicas: 1,
          tookMs: 40,
          unnamed: 2,
          incomplete: [],
        },
        differences: [
          { shard: 1, nodes: ['redis-node1'], text: 'key a (slot 15495, shard 1): missing on redis-node1' },
        ],
      },
    ],
    without: ['data-compared'],
    rule: 'replica_data',
    says: /^key a \(slot 15495, shard 1\): missing on redis-node1\nand 2 differences more$/,
  },
  'data that could not be compared': {
    events: [
      {
        ...{ type: 'data-compared', atMs: 19_050, scenario, keys: 300, replicas: 1, tookMs: 40, unnamed: 0 },
        ...{ differences: [], incomplete: ['redis-node1 did not catch up within 5 s'] },
      },
    ],
    without: ['data-compared'],
    rule: 'replica_data',
    says: /^the data could not be compared whole: redis-node1 did not catch up within 5 s$/,
    verdict: 'inconclusive',
  },
  'acknowledged keys that are gone': {
    events: [
      {
        type: 'dataset-read',
        atMs: 19_010,
        scenario,
        name: 'orders',
        keys: 300,
        wrong: ['orders:1 is gone'],
        wrongCount: 1,
      },
    ],
    rule: 'lost_writes',
    says: /^1 acknowledged write of orders \(300 keys\) is gone at the end\norders:1 is gone$/,
  },
  'a workload that lost writes and has no check of them': {
    workloads: [{ name: 'shop', loss: { check: 'lost_writes', explanation: '3 writes are gone.', details: [] } }],
    rule: 'lost_writes',
    says: /^shop: 3 writes are gone\.$/,
  },
  'connections that grow without end': {
    events: [10, 40, 70, 100, 130].map((clients, place) => resources(6000 + place * 1000, clients)),
    rule: 'growth',
    says: /^connections of redis-node0 grew at each of 5 looks since 6\.00 s, from 10 to 130$/,
  },
  'connections that begin to grow late': {
    events: [10, 11, 10, 10, 40, 70, 100, 130].map((clients, place) => resources(6000 + place * 1000, clients)),
    rule: 'growth',
    says: /^connections of redis-node0 grew at each of 5 looks since 9\.00 s, from 10 to 130$/,
  },
  'connections that grow, but for a pause': {
    events: [2, 22, 52, 82, 112, 142, 112, 142, 172].map((clients, place) => resources(6000 + place * 1000, clients)),
    rule: 'growth',
    says: /^connections of redis-node0 grew over 9 looks since 6\.00 s, from 2 to 172$/,
  },
  'a host that gave most of the time to others': {
    events: [{ type: 'machine-seen', atMs: 19_150, scenario, fromMs: 0, toMs: 19_150, stolen: 0.62, waited: 0.9 }],
    rule: 'evidence',
    says: /^The host of this machine gave 62 % of its cores' time to others$/,
    verdict: 'inconclusive',
  },
  'a load that was hardly sent': {
    workloads: [{ name: 'shop', starved: 'it sent 40 of 450 operations due (9%)' }],
    rule: 'evidence',
    says: /^The load of shop shows little: it sent 40 of 450 operations due \(9%\)$/,
    verdict: 'inconclusive',
  },
  'a runner that stood still for most of the time': {
    events: [{ type: 'stall-seen', atMs: 15_000, scenario, who: 'runner', fromMs: 2000, toMs: 15_000 }],
    rule: 'evidence',
    says: /^The runner stood still for 13\.0\d? s of 20\.0\d? s, first at 2\.00 s$/,
    verdict: 'inconclusive',
  },
}

t.test('what a step moved is its doing, as late as nodes tell each other', async (t) => {
  for (const atMs of [2100, 5000, 12_000]) {
    const rules = audit({
      events: [
        ...commandSent('CLUSTER SETSLOT', 2000, 'redis-node0'),
        view('redis-node0', atMs, { ...AS_FORMED, slots: '0-16382' }),
      ],
    })
    t.strictSame(
      rules.flatMap(({ findings }) => findings),
      [],
      `after ${atMs} ms`,
    )
  }
})

t.test('nothing is found where nothing happened', async (t) => {
  const rules = audit({})
  t.equal(rules.length, 11)
  t.strictSame(
    rules.flatMap(({ findings }) => findings),
    [],
  )
  t.strictSame(
    rules.filter(({ verdict }) => verdict !== 'passed').map(({ rule, verdict, lookedAt }) => [rule, verdict, lookedAt]),
    [
      ['lost_writes', 'not-evaluated', 'nothing: the scenario has no dataset and no workload'],
      ['growth', 'not-evaluated', 'nothing: no server was asked what it holds once all faults were healed'],
    ],
  )
})

t.test('a rule that had nothing to look at is not evaluated', async (t) => {
  const blind = (planted: Planted) =>
    audit(planted)
      .filter(({ verdict }) => verdict === 'not-evaluated')
      .map(({ rule, lookedAt }) => `${rule}: ${lookedAt}`)
  t.strictSame(blind({ without: ['end-state-seen', 'data-compared'], workloads: [{ name: 'shop' }] }).slice(0, 2), [
    'end_state: nothing: the steps did not pass',
    'replica_data: nothing: the steps did not pass',
  ])
  t.ok(blind({ without: ['view-seen'] }).includes('slots: nothing: no node was ever seen'))
  t.ok(blind({ without: ['view-seen'] }).includes('roles: nothing: no node was ever seen'))
  const expected = audit({ pardons: { lost_writes: [{ pardon: 'expected' }] } })
  t.match(
    expected.find(({ rule }) => rule === 'lost_writes'),
    { verdict: 'failed', findings: [{}] },
    'what is expected of it was not found',
  )
})

t.test('nodes that are down at the end are left out, and the others looked at', async (t) => {
  const seen: ScenarioEvent = {
    ...{ type: 'end-state-seen', atMs: 19_000, scenario, withinMs: 23_000, settledAfterMs: 2, problems: [] },
    absent: ['redis-node1'],
  }
  const rules = audit({ events: [seen], without: ['end-state-seen'] })
  const lookedAt = (name: string) => rules.find(({ rule }) => rule === name)?.lookedAt
  t.equal(lookedAt('end_state'), '1 node, healthy after 2 ms, without redis-node1, which was down')
  t.equal(lookedAt('replica_data'), '300 keys on 1 replica in 40 ms, without redis-node1')
})

for (const [name, { rule, says, verdict = 'failed', ...planted }] of Object.entries(PLANTS)) {
  t.test(`${name}: found by ${rule} alone`, async (t) => {
    const bad = audit(planted).filter(({ findings }) => findings.length > 0)
    t.strictSame(
      bad.map((outcome) => outcome.rule),
      [rule],
    )
    t.equal(bad[0]?.verdict, verdict)
    const [first, ...others] = bad[0]?.findings ?? []
    t.match([first?.text, ...(first?.details ?? [])].join('\n'), says)
    t.strictSame(others, [])
  })
}

t.test('what is asked for is no finding', async (t) => {
  const shutdown = commandSent('SHUTDOWN', 5000)
  t.strictSame(
    audit({ events: [...shutdown, ended] }).flatMap(({ findings }) => findings),
    [],
  )
})

t.test('a limit of memory excuses that the system ends the server, and nothing else', async (t) => {
  const memory = (limit: { endsServers?: true }): ScenarioEvent => ({
    ...{ type: 'fault-seen', atMs: 4000, scenario, fault: 'memory', nodes: ['redis-node1'], undone: false },
    ...{ fromMs: 4000, toMs: 4010, ...limit },
  })
  const report = (kind: 'failed allocation' | 'crash report'): ScenarioEvent => ({
    ...{ type: 'alarm-seen', atMs: 5300, scenario, node: 'redis-node1', seenMs: 5090, kind, lines: crashReport },
  })
  const outOfMemory: ScenarioEvent = { ...ended, text: 'process ended out of memory', exitCode: 134, outOfMemory: true }
  const killed: ScenarioEvent = { ...ended, text: 'container exited with code 137', exitCode: 137 }
  const crashed: ScenarioEvent = { ...ended, exitCode: 139 }
  const isFound = (...events: ScenarioEvent[]) => audit({ events })[0]?.verdict === 'failed'
  const limit = memory({ endsServers: true })
  t.notOk(isFound(limit, killed))
  t.notOk(isFound(limit, outOfMemory, report('failed allocation')))
  t.ok(isFound(limit, crashed))
  t.ok(isFound(limit, crashed, report('crash report')))
  t.ok(isFound(limit, report('crash report')))
  for (const end of [killed, outOfMemory, crashed]) t.ok(isFound(memory({}), end), 'maxmemory ends no server')
})

t.test('a moment in which the runner and its load stood still counts once', async (t) => {
  const stall = (who: 'runner' | 'load', fromMs: number, toMs: number): ScenarioEvent => ({
    ...{ type: 'stall-seen', atMs: toMs, scenario, who, fromMs, toMs },
  })
  const events = [stall('runner', 4000, 8000), stall('load', 4010, 8050), stall('runner', 9000, 9500)]
  const rules = audit({ events, workloads: [{ name: 'shop' }] })
  t.match(rules.find(({ rule }) => rule === 'evidence')?.lookedAt, /, stood still for 4\.55 s in all$/)
})

t.test('what the runner missed before the scenario began is no finding', async (t) => {
  const events: ScenarioEvent[] = [
    { type: 'stall-seen', atMs: 2000, scenario, who: 'runner', fromMs: -18_000, toMs: 2000 },
  ]
  t.strictSame(
    audit({ events }).flatMap(({ findings }) => findings),
    [],
  )
})

t.test('what to do about a loop of full syncs goes by its cause', async (t) => {
  const syncs = [4000, 6000, 8000].map(
    (atMs): ScenarioEvent => ({
      ...{ type: 'failover-seen', atMs, scenario, node: 'redis-node1', moment: 'full resync', seenMs: atMs },
      ...{ errorMs: 1, text: 'Full resync from master' },
    }),
  )
  const found = audit({ events: syncs }).find(({ rule }) => rule === 'resync')?.findings[0]
  t.equal(found?.text, 'redis-node1 synced in full 3 times: the logs do not say why')
  t.match(found?.hint, /^look at the logs of redis-node1 and of its master/)
})

t.test('what gave no new master is no failover that was looked at', async (t) => {
  const { events } = storedRun('one-voter-redis-7.0.15')
  const own = events.filter((event): event is ScenarioEvent => 'scenario' in event)
  t.match(
    judgeAudit(
      auditFacts(own, () => []),
      {},
    ).rules[1],
    { rule: 'failover', lookedAt: '0 failovers' },
  )
})

t.test('pardons: by rule, and by node where nodes are named', async (t) => {
  const crash = (pardons: Pardons) => audit({ events: [ended], pardons }).find(({ rule }) => rule === 'crash')
  const allowed = crash({ crash: [{ pardon: 'allowed' }] })
  t.match(allowed, { verdict: 'passed', findings: [{ pardon: 'allowed' }] })
  t.match(crash({ crash: [{ nodes: ['redis-node1'], pardon: 'expected' }] }), { verdict: 'passed' })
  t.match(crash({ crash: [{ nodes: ['redis-node0'], pardon: 'allowed' }] }), { verdict: 'failed' })
  t.match(crash({ lost_writes: [{ pardon: 'allowed' }] }), { verdict: 'failed' })
})

t.test('what is expected and not found is a finding, once all steps have passed', async (t) => {
  const pardons: Pardons = { crash: [{ nodes: ['redis-node1'], pardon: 'expected' }] }
  t.match(audit({ pardons })[0], {
    verdict: 'failed',
    findings: [{ text: 'The scenario expects a finding of `crash` of redis-node1, and there was none' }],
  })
  t.match(audit({ pardons, without: ['end-state-seen', 'data-compared'] })[0], { verdict: 'passed', findings: [] })
})

t.test('of nodes that are expected each must be found', async (t) => {
  const other: ScenarioEvent = { ...ended, node: 'redis-node0' }
  const crash = (nodes: string[], events: ScenarioEvent[]) =>
    audit({ events, pardons: { crash: [{ nodes, pardon: 'expected' }] } }).find(({ rule }) => rule === 'crash')
  t.match(crash(['redis-node0', 'redis-node1'], [ended, other]), { verdict: 'passed', findings: { length: 2 } })
  t.match(crash(['redis-node0', 'redis-node1'], [ended]), {
    verdict: 'failed',
    findings: [
      { pardon: 'expected' },
      {
        text: 'The scenario expects a finding of `crash` of redis-node0, and there was none',
        nodes: ['redis-node0'],
      },
    ],
  })
})

t.test('with warnOnly findings are shown and change nothing', async (t) => {
  t.match(audit({ events: [ended], warnOnly: true })[0], { verdict: 'warned', findings: [{ nodes: ['redis-node1'] }] })
})

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
  const beside = { step: '9', verb: 'network', nodes: ['redis-node2'], shards: [2], startMs, endMs }
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
function foundWith(administers: string, on: string): { found: string[]; causes: string[] } {
  const { events } = storedRun('halves-redis-7.0.15')
  const begun = events.find((event) => event.type === 'fault-seen')
  const step = { path: '9', verb: 'redis', name: administers, file: 's.yaml', line: 9 }
  const atMs = (begun?.atMs ?? 0) + 700
  const planted: ScenarioEvent = {
    ...{ type: 'step-ended', atMs, scenario, index: 9, step, durationMs: 40 },
    outcome: { verdict: 'passed', administers, targets: [on] },
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
