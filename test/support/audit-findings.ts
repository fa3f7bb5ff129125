import type { StrangerObservation } from '../../runner/record/audit-observations.ts'
import type { ScenarioEvent } from '../../runner/record/events.ts'
import {
  AS_FORMED,
  commandSent,
  crashReport,
  ended,
  endState,
  type Planted,
  resources,
  scenario,
  slotsMoving,
  view,
} from './audited-events.ts'

/** By what is planted: the rule that finds it, and what it says. */
export const PLANTS: Readonly<Record<string, Planted & { rule: string; says: RegExp; verdict?: 'inconclusive' }>> = {
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
    says: /^redis-node0 has lost slot 16383 since 6\.00 s, and no step moved it$/,
  },
  'slots that moved long after a step had moved some': {
    events: [
      ...commandSent('CLUSTER SETSLOT', 2000, 'redis-node0'),
      view('redis-node0', 14_000, { ...AS_FORMED, slots: '0-16382' }),
    ],
    rule: 'slots',
    says: /^redis-node0 has lost slot 16383 since 14\.00 s, and no step moved it$/,
  },
  'a slot that moved when a step had another node forgotten': {
    events: [
      ...commandSent('CLUSTER FORGET', 2000, 'redis-node1'),
      view('redis-node0', 2500, { ...AS_FORMED, slots: '0-16382' }),
    ],
    rule: 'slots',
    says: /^redis-node0 has lost slot 16383 since 2\.50 s, and no step moved it$/,
  },
  'slots that moved beside those that a step moved': {
    events: [
      slotsMoving('16380-16383', 2000),
      view('redis-node0', 2500, { ...AS_FORMED, slots: '0-16379' }),
      view('redis-node0', 6000, { ...AS_FORMED, slots: '0-16378' }),
    ],
    rule: 'slots',
    says: /^redis-node0 has lost slot 16379 since 6\.00 s, and no step moved it$/,
  },
  'many slots that moved while a step moved others': {
    events: [
      slotsMoving('16300-16383', 2000),
      view('redis-node0', 2500, {
        ...AS_FORMED,
        slots: '0-99, 110-199, 201-299, 301-399, 402-499, 501-599, 603-16319, 16340-16349',
      }),
    ],
    rule: 'slots',
    says: /^redis-node0 has lost slots 100-109, 200, 300, 400-401, 500 and 3 more since 2\.50 s, and no step moved them$/,
  },
  'slots that came back after a step had moved them': {
    events: [
      slotsMoving('16380-16383', 2000),
      view('redis-node0', 2500, { ...AS_FORMED, slots: '0-16379' }),
      view('redis-node0', 6000, { ...AS_FORMED, slots: '0-16380' }),
    ],
    rule: 'slots',
    says: /^redis-node0 has gained slot 16380 since 6\.00 s, and no step moved it$/,
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
    says: /^redis-node0 has lost slot 16383 since 6\.00 s/,
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
  'another program on the port of a server': {
    events: [stranger('held-port', 'redis-node1', 'port 7011 is held by process 5 (nc) of another user')],
    rule: 'strangers',
    says: /^While redis-node1 was down: port 7011 is held by process 5 \(nc\) of another user \(first seen at 3\.20 s\)$/,
    verdict: 'inconclusive',
  },
  'a node that joined': {
    events: [stranger('joined', 'redis-node0', '127.0.0.1:7901 (id 1fea4bc2…)')],
    rule: 'strangers',
    says: /^A node that is none of this run's joined the cluster: 127\.0\.0\.1:7901 \(id 1fea4bc2…\), first seen by redis-node0 at 3\.20 s$/,
    verdict: 'inconclusive',
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
  'a client driver that dies': {
    events: [
      {
        ...{ type: 'driver-misbehaved', atMs: 3200, scenario, seenMs: 3200 },
        ...{ workload: 'checkout', driver: 'redis-py 4.3.4', text: 'ended with exit code 7', lastWords: 'no luck' },
      },
    ],
    rule: 'evidence',
    says: /^The client driver of checkout \(redis-py 4\.3\.4\) ended with exit code 7, at 3\.20 s\n *its last words: no luck$/,
    verdict: 'inconclusive',
  },
  'a client driver that falls silent by itself': {
    events: [
      {
        ...{ type: 'unanswered-seen', atMs: 9000, scenario, workload: 'checkout', seenMs: 9000 },
        ...{ operations: [{ client: 0, slot: 1, sinceMs: 2300 }], count: 1, late: 0, longestLateMs: 0 },
        silent: { driver: 'redis-py 4.3.4', sinceMs: 2200, lastWords: 'no luck' },
      },
    ],
    rule: 'evidence',
    says: /^The client driver of checkout \(redis-py 4\.3\.4\) answered nothing any more from 2\.20 s on, and nothing had been done to the servers by then: it hangs, or its client library does\n *its last words: no luck$/,
    verdict: 'inconclusive',
  },
  'a runner that stood still for most of the time': {
    events: [{ type: 'stall-seen', atMs: 15_000, scenario, who: 'runner', fromMs: 2000, toMs: 15_000 }],
    rule: 'evidence',
    says: /^The runner stood still for 13\.0\d? s of 20\.0\d? s, first at 2\.00 s$/,
    verdict: 'inconclusive',
  },
}

function stranger(did: StrangerObservation['did'], node: string, text: string): ScenarioEvent {
  return { type: 'stranger-seen', atMs: 3200, scenario, did, node, seenMs: 3200, text }
}
