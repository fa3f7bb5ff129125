import type { EventType } from './events.ts'

type Kind = 'text' | 'number' | 'list' | 'map'

const OF_SCENARIO = { scenario: 'number' } as const

/** What an event cannot do without, by its type: reports are made of it unseen. */
const NEEDED: Readonly<Record<EventType, Readonly<Record<string, Kind>>>> = {
  'run-started': { version: 'number', name: 'text', runId: 'text', startedAt: 'text', command: 'text', seed: 'number' },
  'scenario-started': {
    ...OF_SCENARIO,
    id: 'text',
    title: 'text',
    file: 'text',
    platform: 'text',
    server: 'text',
    tags: 'list',
    steps: 'list',
    params: 'map',
    seed: 'number',
  },
  'scenario-source': { ...OF_SCENARIO, files: 'list' },
  progress: { text: 'text' },
  'cluster-ready': { ...OF_SCENARIO, cluster: 'map', setupMs: 'number', server: 'text' },
  'step-started': { ...OF_SCENARIO, step: 'map' },
  'step-progress': { ...OF_SCENARIO, text: 'text' },
  'step-ended': { ...OF_SCENARIO, step: 'map', durationMs: 'number', outcome: 'map' },
  'fault-began': { ...OF_SCENARIO, fault: 'map', proof: 'text' },
  'fault-ended': { ...OF_SCENARIO, fault: 'map', proof: 'text' },
  'failover-seen': { ...OF_SCENARIO, node: 'text', moment: 'text', seenMs: 'number' },
  'view-seen': { ...OF_SCENARIO, node: 'text', seenMs: 'number' },
  'service-seen': { ...OF_SCENARIO, shard: 'number', seenMs: 'number' },
  'fault-seen': { ...OF_SCENARIO, fault: 'text', nodes: 'list', fromMs: 'number', toMs: 'number' },
  'timing-seen': { ...OF_SCENARIO, election: 'map' },
  'clocks-seen': { ...OF_SCENARIO, seenMs: 'number', wallMs: 'number' },
  'stall-seen': { ...OF_SCENARIO, who: 'text', fromMs: 'number', toMs: 'number' },
  'clock-stepped': { ...OF_SCENARIO, seenMs: 'number', byMs: 'number' },
  'alarm-seen': { ...OF_SCENARIO, node: 'text', seenMs: 'number', kind: 'text', lines: 'list' },
  'server-ended': { ...OF_SCENARIO, node: 'text', seenMs: 'number', text: 'text', lastLines: 'list' },
  'server-started': { ...OF_SCENARIO, node: 'text', seenMs: 'number' },
  'resources-seen': { ...OF_SCENARIO, node: 'text', seenMs: 'number', clients: 'number' },
  'machine-seen': { ...OF_SCENARIO, fromMs: 'number', toMs: 'number', stolen: 'number' },
  'end-state-seen': { ...OF_SCENARIO, withinMs: 'number', problems: 'list', absent: 'list' },
  'dataset-read': { ...OF_SCENARIO, name: 'text', keys: 'number', wrong: 'list', wrongCount: 'number' },
  'data-compared': { ...OF_SCENARIO, keys: 'number', replicas: 'number', differences: 'list' },
  'watch-ended': OF_SCENARIO,
  'log-saved': { ...OF_SCENARIO, node: 'text', file: 'text' },
  'load-bins': { ...OF_SCENARIO, workload: 'text', series: 'map' },
  'history-saved': { ...OF_SCENARIO, workload: 'text', file: 'text' },
  'check-judged': { ...OF_SCENARIO, check: 'map' },
  'audit-judged': { ...OF_SCENARIO, audit: 'map' },
  'scenario-as-played': { ...OF_SCENARIO, yaml: 'text', files: 'list' },
  'scenario-ended': { ...OF_SCENARIO, verdict: 'text', durationMs: 'number', setupMs: 'number', cleanupMs: 'number' },
  'baseline-compared': { file: 'text', savedAt: 'text', comparisons: 'list' },
  warning: { text: 'text' },
  'run-ended': { verdict: 'text', exitCode: 'number', durationMs: 'number', folder: 'text' },
}

export const EVENT_TYPES: ReadonlySet<string> = new Set(Object.keys(NEEDED))

/**
 * Whether a value read from a file is an event with all that its type needs. Types that nobody knows are left to later
 * versions.
 */
export function looksLikeEvent(value: unknown): boolean {
  if (kindOf(value) !== 'map') return false
  const event = value as Readonly<Record<string, unknown>>
  if (typeof event.type !== 'string' || typeof event.atMs !== 'number') return false
  const needed = Object.hasOwn(NEEDED, event.type) ? NEEDED[event.type as EventType] : {}
  return Object.entries(needed).every(([name, kind]) => kindOf(event[name]) === kind)
}

function kindOf(value: unknown): Kind | undefined {
  if (typeof value === 'string') return 'text'
  if (typeof value === 'number') return 'number'
  if (Array.isArray(value)) return 'list'
  return typeof value === 'object' && value !== null ? 'map' : undefined
}
