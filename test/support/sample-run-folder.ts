import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunEvent } from '../../runner/record/events.ts'
import type { LoadSeries } from '../../runner/record/load-series.ts'
import type { SeenNode } from '../../runner/record/observations.ts'
import { CLUSTER, FAILOVER_STEPS, failingRun, passingRun, STARTED_AT, Tape } from './sample-events.ts'

const IDS = CLUSTER.nodes.map((_, index) => String(index).repeat(40))

/** When things happen in `passingRun`, ms: the master stops, is marked as failing, is replaced, and is back. */
const AT = { ready: 3542, down: 3950, failing: 11_000, promoted: 12_085, back: 12_330, whole: 15_000 }

/** The source of `failover-basic` as the sample steps have it: a step on each line that they name. */
const SOURCE = Array.from({ length: 31 }, (_, place) => {
  const step = FAILOVER_STEPS.find(({ line }) => line === place + 1)
  if (step !== undefined) return `  - ${step.verb}: "${step.name}"`
  return place === 0
    ? 'title: A stopped master is replaced # and comes back'
    : place === 10
      ? 'steps:'
      : '  # a comment'
}).join('\n')

/** How a node is, where that is not as it was at the start. */
interface Otherwise {
  unreachable?: string
  role?: 'master' | 'replica'
  of?: string
  slots?: string
  failing?: 'fail?' | 'fail'
}

const SLOTS: Readonly<Record<string, string>> = {
  'redis-node0': '0-5460',
  'redis-node2': '5461-10922',
  'redis-node4': '10923-16383',
}

/** What every node shows at one moment, as it is recorded: one view a node, or that it gives no answer. */
function viewsAt(seenMs: number, otherwise: Record<string, Otherwise> = {}): RunEvent[] {
  const view = CLUSTER.nodes.map(({ name, role, shard }): SeenNode => {
    const own = otherwise[name] ?? {}
    const master = role === 'replica' ? `redis-node${(shard - 1) * 2}` : undefined
    const of = own.role === 'master' ? undefined : (own.of ?? master)
    return {
      ...{ name, role: own.role ?? role, slots: own.slots ?? SLOTS[name] ?? '' },
      ...(of !== undefined && { of }),
      ...(own.failing !== undefined && { failing: own.failing }),
    }
  })
  return CLUSTER.nodes.map(({ name }) => {
    const unreachable = otherwise[name]?.unreachable
    const seen = unreachable === undefined ? { view } : { unreachable }
    return { atMs: seenMs, type: 'view-seen', scenario: 0, node: name, afterMs: seenMs - 20, seenMs, ...seen }
  })
}

function viewEvents(): RunEvent[] {
  const gone = { unreachable: 'connection refused' }
  const heir = { role: 'master', slots: '0-5460' } as const
  const old = { role: 'replica', of: 'redis-node1', slots: '' } as const
  return [
    ...viewsAt(AT.ready),
    ...viewsAt(AT.down, { 'redis-node0': gone }),
    ...viewsAt(AT.failing, { 'redis-node0': { ...gone, failing: 'fail' } }),
    ...viewsAt(AT.promoted, { 'redis-node0': { ...gone, slots: '', failing: 'fail' }, 'redis-node1': heir }),
    ...viewsAt(AT.back, { 'redis-node0': { ...old, failing: 'fail' }, 'redis-node1': heir }),
    ...viewsAt(AT.whole, { 'redis-node0': old, 'redis-node1': heir }),
  ]
}

/**
 * Writes that are tried all the time: the first shard is out until it has a new master, the others are refused for a
 * while.
 */
function serviceEvents(): RunEvent[] {
  const seen = (seenMs: number, shard: number, served: boolean, more: object): RunEvent => ({
    ...{
      atMs: seenMs,
      type: 'service-seen',
      scenario: 0,
      shard,
      slot: shard * 5000,
      served,
      afterMs: seenMs - 20,
      seenMs,
    },
    ...more,
  })
  const down = { error: 'CLUSTERDOWN', text: 'CLUSTERDOWN The cluster is down' }
  return [
    ...[1, 2, 3].map((shard) => seen(AT.ready, shard, true, { node: `redis-node${shard * 2 - 2}` })),
    seen(AT.down, 1, false, { error: 'refused', text: 'connection refused' }),
    ...[2, 3].map((shard) => seen(AT.failing + 5, shard, false, down)),
    seen(AT.promoted + 10, 1, true, { node: 'redis-node1' }),
    ...[2, 3].map((shard) => seen(AT.promoted + 10, shard, true, { node: `redis-node${shard * 2 - 2}` })),
  ]
}

function faultEvents(): RunEvent[] {
  const done = { type: 'fault-seen' as const, scenario: 0, fault: 'stop', nodes: ['redis-node0'] }
  return [
    { ...done, atMs: AT.down, undone: false, fromMs: AT.down - 190, toMs: AT.down },
    { ...done, atMs: AT.back, undone: true, fromMs: AT.back - 100, toMs: AT.back },
  ]
}

/** A second of a workload as it is recorded; while a shard is out, a third of it is refused or times out. */
function loadPiece(fromMs: number, perBin: number): LoadSeries {
  const bins = Array.from({ length: 10 }, (_, bin) => fromMs + bin * 100)
  const out = (ms: number) => ms >= AT.down && ms < AT.promoted
  const lost = (ms: number) => (out(ms) ? Math.round(perBin / 3) : 0)
  const refused = (ms: number) => (out(ms) && ms > AT.failing ? Math.round(perBin / 3) : 0)
  const noise = (ms: number) => 1 + (((ms / 100) * 7919) % 13) / 26
  return {
    fromMs,
    binMs: 100,
    ok: bins.map((ms) => perBin - lost(ms) - refused(ms)),
    failed: bins.map(refused),
    indeterminate: bins.map(lost),
    p50: bins.map((ms) => Number((1.1 * noise(ms)).toFixed(3))),
    p99: bins.map((ms) => Number((2.4 * noise(ms) ** 2).toFixed(3))),
    max: bins.map((ms) => Number((4 * noise(ms) ** 4).toFixed(3))),
    errors: bins.some(out) ? { timeout: bins.map(lost), CLUSTERDOWN: bins.map(refused) } : {},
  }
}

/** A workload of so many operations, evenly from the start of the cluster until `endMs`. */
function loadEvents(operations: number, endMs: number): RunEvent[] {
  const seconds = Math.floor((endMs - AT.ready) / 1000)
  return Array.from({ length: seconds }, (_, second): RunEvent => {
    const fromMs = AT.ready - (AT.ready % 100) + second * 1000
    const series = loadPiece(fromMs, Math.round(operations / seconds / 10))
    return { atMs: fromMs + 1000, type: 'load-bins', scenario: 0, workload: 'checkout', series }
  })
}

/** `failover-basic`, passed or failed, with everything that a run records beside its steps. */
export function fullEvents(kind: 'passing' | 'failing'): RunEvent[] {
  const [started, scenario, ...rest] = kind === 'passing' ? passingRun() : failingRun()
  if (started === undefined || scenario === undefined) throw new Error('the sample run holds no start')
  const files = [{ path: 'scenarios/failover-basic.yaml', text: `${SOURCE}\n` }]
  const logs = CLUSTER.nodes.map(
    ({ name }): RunEvent => ({ atMs: 17_000, type: 'log-saved', scenario: 0, node: name, file: `nodes/${name}.log` }),
  )
  const events = [
    ...rest.filter(({ type }) => type !== 'log-saved'),
    ...viewEvents(),
    ...serviceEvents(),
    ...faultEvents(),
    ...loadEvents(6000, 16_000),
    ...logs,
  ]
  return [
    { ...started, ...(started.type === 'run-started' && { environment: { system: 'Linux 6.1', node: 'v20.20.2' } }) },
    scenario,
    { atMs: 0, type: 'scenario-source', scenario: 0, files },
    ...events.sort((a, b) => a.atMs - b.atMs),
  ]
}

/** Lays the logs of the nodes into the folder of a run. */
export function fillRunFolder(folder: string): void {
  mkdirSync(join(folder, 'nodes'), { recursive: true })
  for (const { name } of CLUSTER.nodes) writeFileSync(join(folder, 'nodes', `${name}.log`), logOf(name))
}

function logOf(node: string): string {
  const at = (ms: number, mark: string, text: string) => {
    const stamp = new Date(Date.parse(STARTED_AT) + ms).toISOString()
    return `${stamp} 4711:M 22 Nov 2026 ${stamp.slice(11, 23)} ${mark} ${text}\n`
  }
  const heir = node === 'redis-node1'
  return [
    at(40, '#', 'oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo'),
    at(41, '*', `No cluster configuration found, I'm ${IDS[CLUSTER.nodes.findIndex(({ name }) => name === node)]}`),
    at(60, '*', 'Background AOF rewrite finished'),
    at(AT.failing, '*', `FAIL message received from ${IDS[2]} about ${IDS[0]}`),
    at(AT.failing + 1, '#', 'Cluster state changed: fail'),
    ...(heir
      ? [at(AT.failing + 20, '#', 'Start of election delayed for 688 milliseconds (rank #0, offset 18610).')]
      : []),
    ...(heir ? [at(AT.promoted, '#', "Failover election won: I'm the new master.")] : []),
    at(AT.promoted + 5, '#', 'Cluster state changed: ok'),
  ].join('')
}

/** A million operations over 20 minutes: what a page must still open at once. */
export function longEvents(): RunEvent[] {
  const wholeMs = 20 * 60_000
  const tape = new Tape()
    .runStarted('soak')
    .scenarioStarted(0, 'soak', 'Load for a long time', FAILOVER_STEPS)
    .clusterReady()
  tape.events.push(...viewsAt(AT.ready))
  for (const step of FAILOVER_STEPS) tape.played(step, wholeMs / FAILOVER_STEPS.length)
  tape.events.push(...loadEvents(1_000_000, wholeMs))
  const times = { durationMs: tape.atMs + 700, setupMs: 3542, cleanupMs: 690 }
  tape.add({ type: 'scenario-ended', scenario: 0, verdict: 'passed', ...times }, 700)
  return tape.runEnded('passed', 0).events
}
