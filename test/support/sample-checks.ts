import type { CheckOutcome } from '../../runner/record/check-outcome.ts'
import type { RunEvent } from '../../runner/record/events.ts'
import { CLUSTER, step, Tape } from './sample-events.ts'

const CHECKS: readonly CheckOutcome[] = [
  {
    on: 'checkout',
    name: 'lost_writes',
    verdict: 'failed',
    limit: '0',
    value: '2',
    amount: 2,
    samples: 4210,
    explanation:
      '2 acknowledged writes on slots 0–5460 (shard 1) were lost; the oldest was acknowledged 812 ms before `kill` in step 1.',
    details: ['shard 1: 2 lost: load:checkout:4 (17), load:checkout:9 (25)'],
    witness: {
      title: 'load:checkout:4: 17 was acknowledged, and 12 was there at the end',
      operations: [
        {
          row: 3,
          client: 2,
          text: 'write 17',
          key: 'load:checkout:4',
          startMs: 1204.11,
          endMs: 1207.9,
          outcome: 'ok',
          node: 'redis-node0',
        },
        {
          row: 9,
          client: 0,
          text: 'read 12',
          key: 'load:checkout:4',
          startMs: 9000,
          endMs: 9001.5,
          outcome: 'ok',
          node: 'redis-node1',
          phase: 'outage',
        },
      ],
      more: 1,
    },
  },
  {
    on: 'checkout',
    name: 'p99',
    verdict: 'passed',
    limit: 'at most 20 ms during outage',
    value: '4.1 ms',
    amount: 4.1,
    samples: 4000,
    load: { due: 4600, sent: 4210 },
    explanation: 'p99 of 4000 operations was 4.1 ms; the slowest ended at 2.10 s on redis-node2.',
  },
  {
    on: 'news',
    name: 'lost_messages',
    verdict: 'inconclusive',
    limit: '0',
    value: '0 of 12',
    amount: 0,
    samples: 12,
    explanation: 'All 12 messages came. Yet 12 operations are too few to judge by: at least 100 are wanted.',
  },
  {
    on: 'failover',
    name: 'time',
    verdict: 'not-evaluated',
    limit: 'at most 12 s',
    value: 'nothing',
    samples: 0,
    explanation: 'There was no failover to judge.',
  },
]

/** A run whose step passed, and whose checks ended in every way. */
export function checkedRun(): RunEvent[] {
  const kill = step('1', 'kill', 'kill redis-node0', 12, 'outage')
  const tape = new Tape()
    .runStarted('lose-writes')
    .scenarioStarted(0, 'lose-writes', 'A killed master loses nothing', [kill])
    .add({ type: 'cluster-ready', scenario: 0, cluster: CLUSTER, setupMs: 2500, server: 'redis 7.0.15' }, 2500)
    .add({ type: 'step-started', scenario: 0, index: 1, step: kill })
    .add({ type: 'step-ended', scenario: 0, index: 1, step: kill, durationMs: 12, outcome: { verdict: 'passed' } }, 12)
  for (const check of CHECKS) tape.add({ type: 'check-judged', scenario: 0, check })
  const reason = `check lost_writes of checkout: ${CHECKS[0]?.explanation} (and 1 more)`
  tape.add({
    type: 'scenario-ended',
    scenario: 0,
    verdict: 'failed',
    reason,
    durationMs: 9500,
    setupMs: 2500,
    cleanupMs: 100,
  })
  tape.add({
    type: 'run-ended',
    verdict: 'failed',
    exitCode: 1,
    durationMs: 9600,
    folder: 'reports/2026-11-22T13-40-05Z-lose-writes',
  })
  return tape.events
}
