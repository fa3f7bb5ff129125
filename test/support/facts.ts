import type { ClientFacts } from '../../runner/results/clients/clients.ts'
import type { RunFacts } from '../../runner/results/run-facts.ts'

/** A scenario of which nothing is known. */
export const NO_FACTS: RunFacts = { durationMs: 60_000, phases: [], steps: [], faults: [], shards: [], failovers: [] }

/** Nothing was seen of clients beside their histories. */
export const NO_CLIENTS: ClientFacts = { probed: [], outages: [], connections: [], unanswered: {} }

/** The seed's cluster, whose shard 2 lost its master redis-node2 to a kill in step 4, at 10 s. */
export const KILL_FACTS: RunFacts = {
  durationMs: 60_000,
  phases: [
    { name: 'outage', startMs: 10_000, endMs: 20_000 },
    { name: 'recovery', startMs: 20_000, endMs: 60_000 },
  ],
  steps: [
    { path: '1', verb: 'let', name: 'names', targets: [], startMs: 0, endMs: 10 },
    { path: '2', verb: 'wait', name: 'load', targets: [], startMs: 10, endMs: 9_000 },
    { path: '3', verb: 'expect', name: 'all is well', targets: [], startMs: 9_000, endMs: 10_000 },
    {
      path: '4',
      verb: 'kill',
      name: 'kill redis-node2',
      phase: 'outage',
      targets: ['redis-node2'],
      startMs: 10_000,
      endMs: 10_200,
    },
    {
      path: '5',
      verb: 'start',
      name: 'start redis-node2',
      phase: 'recovery',
      targets: ['redis-node2'],
      startMs: 20_000,
      endMs: 20_500,
    },
  ],
  faults: [{ step: '4', verb: 'kill', nodes: ['redis-node2'], shards: [2], startMs: 10_000, endMs: 20_500 }],
  shards: [
    { shard: 1, slots: [[0, 5460]], nodes: ['redis-node0', 'redis-node1'] },
    { shard: 2, slots: [[5461, 10_922]], nodes: ['redis-node2', 'redis-node3'] },
    { shard: 3, slots: [[10_923, 16_383]], nodes: ['redis-node4', 'redis-node5'] },
  ],
  failovers: [
    {
      shard: 2,
      from: 'redis-node2',
      to: 'redis-node3',
      cause: 'kill in step 4',
      epoch: 7,
      startMs: 10_000,
      totalMs: 6_400,
      detectionMs: 5_300,
      electionMs: 1_100,
    },
  ],
}
