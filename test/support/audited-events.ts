import { judgeAudit, type Pardons } from '../../runner/checks/audit/judge-audit.ts'
import type { AuditRuleOutcome } from '../../runner/record/audit-outcome.ts'
import type { ScenarioEvent } from '../../runner/record/events.ts'
import { auditFacts, type WorkloadFact } from '../../runner/results/audit-facts.ts'

export const scenario = 0
const NODES = [
  { name: 'redis-node0', address: 'localhost:7010', role: 'master', shard: 1 },
  { name: 'redis-node1', address: 'localhost:7011', role: 'replica', shard: 1 },
] as const

type View = Extract<ScenarioEvent, { type: 'view-seen' }>

export function view(node: string, atMs: number, roles: { master: string; replica: string; slots?: string }): View {
  const { master, replica, slots = '0-16383' } = roles
  return {
    ...{ type: 'view-seen', atMs, scenario, node, afterMs: atMs, seenMs: atMs },
    view: [
      { name: master, role: 'master', slots },
      { name: replica, role: 'replica', of: master, slots: '' },
    ],
  }
}

export const AS_FORMED = { master: 'redis-node0', replica: 'redis-node1' }

/** A run of 20 s in which nothing happened, with some of its events taken away and others added. */
function eventsOf({ events = [], without = [], config = {} }: Planted): ScenarioEvent[] {
  const quiet: ScenarioEvent[] = [
    {
      ...{ type: 'scenario-started', atMs: 0, scenario, id: 's', title: 's', file: 's.yaml', tags: [], seed: 1 },
      ...{ params: {}, platform: 'process', server: 'redis 7.0.15', steps: [] },
    },
    {
      ...{ type: 'cluster-ready', atMs: 1000, scenario, setupMs: 1000, server: 'redis 7.0.15' },
      cluster: { shards: 1, replicas: 1, nodes: [...NODES], config, slots: [[[0, 16383]]] },
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
  return [...kept, ...events].sort((one, other) => one.atMs - other.atMs)
}

export interface Planted {
  events?: readonly ScenarioEvent[]
  without?: readonly ScenarioEvent['type'][]
  /** Server settings of the run. */
  config?: Readonly<Record<string, string>>
  workloads?: readonly WorkloadFact[]
  pardons?: Pardons
  warnOnly?: boolean
}

export function audit(planted: Planted): AuditRuleOutcome[] {
  const { workloads = [], pardons = {}, warnOnly = false } = planted
  return judgeAudit(
    auditFacts(eventsOf(planted), () => workloads),
    pardons,
    { warnOnly },
  ).rules
}

export function endState(problems: string[], epochs?: { first: number; last: number }): ScenarioEvent {
  const seen = { withinMs: 23_000, problems, absent: [], ...(epochs && { epochs }) }
  return { type: 'end-state-seen', atMs: 19_000, scenario, ...seen }
}

/** A step that sent a command of an administrator. */
export function commandSent(administers: string, atMs: number, node = 'redis-node1'): ScenarioEvent[] {
  const step = { path: '1', verb: 'redis', name: administers, file: 's.yaml', line: 1 }
  return [
    { type: 'step-started', atMs, scenario, index: 1, step },
    {
      ...{ type: 'step-ended', atMs: atMs + 50, scenario, index: 1, step, durationMs: 50 },
      outcome: { verdict: 'passed', targets: [node], administers },
    },
  ]
}

export const crashReport = ['=== REDIS BUG REPORT START: Cut & paste starting from here ===', 'crashed by signal: 11']

export const ended: Extract<ScenarioEvent, { type: 'server-ended' }> = {
  ...{ type: 'server-ended', atMs: 5100, scenario, node: 'redis-node1', seenMs: 5100 },
  ...{ text: 'process was killed by SIGSEGV', lastLines: ['the last line'] },
}

export function resources(atMs: number, clients: number): ScenarioEvent {
  return {
    ...{ type: 'resources-seen', atMs, scenario, node: 'redis-node0', seenMs: atMs, clients },
    ...{ usedMemory: 2_000_000, replicationBuffers: 0, keys: 10 },
  }
}

/** A step begins to move slots from redis-node0 to redis-node2. */
export function slotsMoving(slots: string, atMs: number): ScenarioEvent {
  return {
    ...{ type: 'slots-moving', atMs, scenario, seenMs: atMs },
    moves: [{ slots, from: 'redis-node0', to: 'redis-node2' }],
  }
}
