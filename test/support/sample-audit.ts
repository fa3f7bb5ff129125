import type { AuditRuleOutcome } from '../../runner/record/audit-outcome.ts'
import type { RunEvent } from '../../runner/record/events.ts'
import { CLUSTER, step, Tape } from './sample-events.ts'

const crashed = 'redis-node5 ended by itself at 2.36 s: process was killed by SIGSEGV'

const RULES: AuditRuleOutcome[] = [
  {
    rule: 'crash',
    sentence: 'No server ended, crashed or started again without being asked to.',
    verdict: 'failed',
    lookedAt: '6 servers',
    findings: [
      {
        text: crashed,
        nodes: ['redis-node5'],
        atMs: 2360,
        details: [
          '=== REDIS BUG REPORT START: Cut & paste starting from here ===',
          'crashed by signal: 11, <si_code> 2',
          `/tmp/redis-chaos-0/20261129110728-82cffa/redis-node5/redis-server 127.0.0.1:7015 [cluster](debugCommand+0x26f)[0x5568fa70e75f]${'[0x5568fa70e75f]'.repeat(8)}`,
        ],
        hint: 'look at the log of redis-node5: nothing in the scenario asked for this',
      },
      { text: 'redis-node1 logged a panic at 2.10 s: Guru Meditation', nodes: ['redis-node1'], pardon: 'allowed' },
    ],
  },
  {
    rule: 'end_state',
    sentence: 'When all faults were healed, the cluster became healthy by itself.',
    verdict: 'passed',
    lookedAt: '6 nodes, healthy after 2.1 ms',
    findings: [],
  },
  {
    rule: 'replica_data',
    sentence: "At the end each replica's data equaled its master's.",
    verdict: 'not-evaluated',
    lookedAt: 'nothing: the cluster was not healthy',
    findings: [],
  },
  {
    rule: 'evidence',
    sentence: 'The run saw what it judges.',
    verdict: 'inconclusive',
    lookedAt: '9.50 s',
    findings: [
      {
        text: 'The load of shop shows little: only 40 of the 450 operations that were due were sent (9%)',
        nodes: [],
        inconclusive: true,
      },
    ],
  },
]

/** A run whose step passed, and whose audit found something: pardoned, inconclusive, and a failure. */
export function auditedRun(): RunEvent[] {
  const write = step('1', 'write', 'write 100 keys as orders', 12, 'outage')
  const tape = new Tape()
    .runStarted('crash')
    .scenarioStarted(0, 'crash', 'Nobody asks for the replica that crashes', [write])
    .add({ type: 'cluster-ready', scenario: 0, cluster: CLUSTER, setupMs: 2500, server: 'redis 7.0.15' }, 2500)
    .add({ type: 'step-started', scenario: 0, index: 1, step: write })
    .add({ type: 'step-ended', scenario: 0, index: 1, step: write, durationMs: 12, outcome: { verdict: 'passed' } }, 12)
    .add({ type: 'audit-judged', scenario: 0, audit: { rules: RULES } })
    .add({
      type: 'scenario-ended',
      scenario: 0,
      verdict: 'failed',
      reason: `audit, crash: ${crashed}`,
      hint: 'look at the log of redis-node5: nothing in the scenario asked for this',
      durationMs: 9500,
      setupMs: 2500,
      cleanupMs: 100,
    })
    .add({
      type: 'run-ended',
      verdict: 'failed',
      exitCode: 1,
      durationMs: 9600,
      folder: 'reports/2026-11-22T13-40-05Z-crash',
    })
  return tape.events
}
