import t from 'tap'
import { judgeAudit, type Pardons } from '../../runner/checks/audit/judge-audit.ts'
import type { ScenarioEvent } from '../../runner/record/events.ts'
import { auditFacts } from '../../runner/results/audit-facts.ts'
import { verdictOfAudit } from '../../runner/results/verdict.ts'
import { PLANTS } from '../support/audit-findings.ts'
import {
  AS_FORMED,
  audit,
  commandSent,
  crashReport,
  ended,
  endState,
  type Planted,
  scenario,
  slotsMoving,
  view,
} from '../support/audited-events.ts'
import { storedRun } from '../support/replay-failovers.ts'

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

t.test('slots that a step was to move may move, and the epoch rises once for each at the most', async (t) => {
  const left = view('redis-node0', 2500, { ...AS_FORMED, slots: '0-16379' })
  const found = (last: number) =>
    audit({
      without: ['end-state-seen'],
      events: [slotsMoving('16380-16383', 2000), left, endState([], { first: 2, last })],
    }).flatMap(({ findings }) => findings)
  t.strictSame(found(6), [])
  t.match(found(7), [{ text: 'The epoch rose from 2 to 7, and the logs tell of 0 elections or takeovers' }])
})

t.test('a node that a step made begin anew was not promoted, though it claims the slots of its keys', async (t) => {
  const claims: ScenarioEvent = {
    ...view('redis-node1', 2500, AS_FORMED),
    view: [{ name: 'redis-node1', role: 'master', slots: '5, 7-9' }],
  }
  const found = (events: ScenarioEvent[]) => audit({ events }).flatMap(({ findings }) => findings)
  t.strictSame(found([...commandSent('CLUSTER RESET', 2000, 'redis-node1'), claims]), [])
  t.match(found([...commandSent('CLUSTER RESET', 2000, 'redis-node3'), claims]), [
    { text: /^redis-node1 replaced redis-node0 in shard 1 at 2\.\d+ s, and no step and no fault explains it/ },
  ])
})

t.test('who has taken over gives what its master was to give', async (t) => {
  const taken = { master: 'redis-node1', replica: 'redis-node0' }
  const events = [
    view('redis-node0', 3000, taken),
    view('redis-node1', 3000, taken),
    view('redis-node1', 4000, { ...taken, slots: '0-16379' }),
  ]
  const moved = (all: ScenarioEvent[]) =>
    audit({ events: all }).flatMap(({ rule, findings }) => (rule === 'slots' ? findings : []))
  t.strictSame(moved([slotsMoving('16380-16383', 2000), ...events]), [])
  t.match(moved(events), [{ text: /^redis-node1 has lost slots 16380-16383 since 4\.00 s, and no step moved them$/ }])
})

t.test('a master without slots follows whoever took its last one, and so do its replicas', async (t) => {
  const roles = (node: string): ScenarioEvent => ({
    ...view(node, 3000, AS_FORMED),
    view: [
      { name: 'redis-node2', role: 'master', slots: '0-16383' },
      { name: 'redis-node0', role: 'replica', of: 'redis-node2', slots: '' },
      { name: 'redis-node1', role: 'replica', of: 'redis-node2', slots: '' },
    ],
  })
  const found = (events: ScenarioEvent[]) => audit({ events }).flatMap(({ findings }) => findings)
  const followed = [roles('redis-node0'), roles('redis-node1')]
  t.strictSame(found([slotsMoving('0-16383', 2000), ...followed]), [])
  t.equal(found(followed).length, 2)
})

t.test('a command that raises no epoch explains none', async (t) => {
  const planted = PLANTS['an epoch that rose by itself']
  const found = (command: string) =>
    audit({ ...planted, events: [...commandSent(command, 2000), ...(planted?.events ?? [])] }).flatMap(
      ({ findings }) => findings,
    )
  t.equal(found('CLUSTER FORGET').length, 1)
  t.equal(found('CLUSTER REPLICATE').length, 1)
  t.strictSame(found('CLUSTER SETSLOT'), [])
  t.strictSame(found('CLUSTER BUMPEPOCH'), [])
})

t.test('an epoch is not held against logs that tell of no election', async (t) => {
  const planted = PLANTS['an epoch that rose by itself']
  const found = (loglevel: string) => audit({ ...planted, config: { loglevel } }).flatMap(({ findings }) => findings)
  t.strictSame([...found('nothing'), ...found('warning')], [])
  t.equal(found('notice').length, 1)
})

t.test('two takeovers may draw one epoch and settle on others, which only verbose logs tell', async (t) => {
  const planted = PLANTS['an epoch that rose by itself']
  const takenOver = (atMs: number): ScenarioEvent => ({
    type: 'failover-seen',
    atMs,
    scenario,
    moment: 'taken over',
    node: 'redis-node1',
    seenMs: atMs,
    errorMs: 1,
    text: 'Taking over the master (user request)',
  })
  const found = (loglevel: string, ...times: number[]) =>
    audit({ ...planted, config: { loglevel }, events: [...times.map(takenOver), ...(planted?.events ?? [])] })
      .filter(({ rule }) => rule === 'slots')
      .flatMap(({ findings }) => findings)
  t.strictSame(found('notice', 3000, 3000), [])
  t.equal(found('notice', 3000).length, 1)
  t.equal(found('verbose', 3000, 3000).length, 1)
})

t.test('where a stranger had a hand in it, what failed beside it is no failure', async (t) => {
  const joined = PLANTS['a node that joined']?.events ?? []
  const verdict = (pardons: Pardons) => verdictOfAudit(audit({ events: [ended, ...joined], pardons }))
  t.equal(verdictOfAudit(audit({ events: [ended] })), 'failed')
  t.equal(verdict({}), 'inconclusive')
  t.equal(verdict({ strangers: [{ pardon: 'allowed' }] }), 'failed', 'the scenario means the stranger')
  t.equal(verdictOfAudit(audit({ events: [ended, ...joined], warnOnly: true })), 'passed')
})

t.test('nothing is found where nothing happened', async (t) => {
  const rules = audit({})
  t.equal(rules.length, 12)
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
  t.notOk(isFound(limit, crashed, report('failed allocation')), 'some abort in a way that looks like a crash')
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
  const refused = syncs.map(
    ({ atMs }): ScenarioEvent => ({
      ...{ type: 'failover-seen', atMs, scenario, node: 'redis-node1', moment: 'replica dropped', seenMs: atMs },
      ...{ errorMs: 1, text: 'Failed trying to load the MASTER synchronization DB from disk' },
      ...{ about: 'redis-node1', reason: 'Failed trying to load the MASTER synchronization DB' },
    }),
  )
  const unread = audit({ events: [...syncs, ...refused] }).find(({ rule }) => rule === 'resync')?.findings[0]
  t.match(unread?.text, /synced in full 3 times: Failed trying to load the MASTER synchronization DB$/)
  t.match(unread?.hint, /^the log of redis-node1 says why right before/)
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

t.test('the log of a driver is named where there is one', async (t) => {
  const hintOf = (name: string, said: string) => {
    const planted = PLANTS[name]
    const events = (planted?.events ?? []).map((event) => JSON.parse(JSON.stringify(event).replace('no luck', said)))
    return audit({ ...planted, events }).flatMap(({ findings }) => findings)[0]?.hint
  }
  for (const name of ['a client driver that dies', 'a client driver that falls silent by itself']) {
    t.match(hintOf(name, 'no luck'), /history\/checkout\.driver\.log has all that the driver said on stderr$/)
    t.match(hintOf(name, ''), /: the driver said nothing on stderr$|; the driver said nothing on stderr$/)
  }
})
