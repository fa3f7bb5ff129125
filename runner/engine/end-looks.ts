import { poll } from '../base/poll.ts'
import { compareData } from '../cluster/data/compare-data.ts'
import { describeDifference } from '../cluster/data/difference.ts'
import { healthProblems } from '../cluster/health.ts'
import type { LiveCluster, Snapshot } from '../cluster/live-cluster.ts'
import type { Recorder } from '../record/event-log.ts'
import type { Dataset, Datasets } from '../steps/datasets.ts'
import { readBack } from '../steps/read-back.ts'
import type { SilentServers } from './server-watch.ts'

const LOOK_EVERY_MS = 20
const READ_WITHIN_MS = 5000
const COMPARE_WITHIN_MS = 30_000
const SHOWN_KEYS = 20

/** Beyond what the node time-out and the delay before a sync may take: connecting, a sync, a vote, ms. */
const SETTLE_ROOM_MS = 8000
/** `repl-diskless-sync-delay` (redis.conf of Redis 6.0 to 8.0 and of Valkey): 5 s unless set. */
const SYNC_DELAY_MS = 5000
const DEFAULT_NODE_TIMEOUT_MS = 15_000

export interface EndLooksOptions {
  recorder: Recorder
  /** Place of the scenario in the run, from 0. */
  scenario: number
  cluster: LiveCluster
  /** Server settings of the run. */
  config: Readonly<Record<string, string>>
  datasets: Datasets
  /** Who gives no answer now, and why: the others are looked at without those that are absent. */
  silentServers: () => Promise<SilentServers>
  /** The highest epoch when the cluster was ready. */
  firstEpoch: number
  signal: AbortSignal
}

/**
 * Looks at a cluster whose scenario is over and whose faults are healed, and records what it shows: whether it becomes
 * healthy, whether what was acknowledged is there, and whether replicas have what their masters have. Rejects with the
 * signal's reason.
 */
export async function lookAtEnd(options: EndLooksOptions): Promise<void> {
  const { datasets, recorder, scenario, cluster, signal } = options
  const progress = (text: string) => recorder.record({ type: 'progress', scenario, text })
  progress('waiting for all nodes to agree that the cluster is healthy')
  const { snapshot, absent } = await settle(options)
  for (const name of datasets.names()) {
    const dataset = datasets.get(name)
    if (dataset === undefined) continue
    progress(`reading ${name} back`)
    await readDataset(dataset, options)
  }
  // Of a cluster that is not healthy it is not clear who has to have what.
  if (snapshot === undefined) return
  progress('comparing replicas with their masters')
  const { keys, tookMs, differences, unnamed, incomplete } = await compareData(cluster, snapshot, {
    withinMs: COMPARE_WITHIN_MS,
    absent,
    signal,
  })
  const isThere = (name: string) => !absent.includes(name)
  const compared = snapshot.agreed.shards.filter(({ master }) => isThere(master))
  recorder.record({
    type: 'data-compared',
    scenario,
    keys,
    tookMs,
    unnamed,
    incomplete,
    replicas: compared.flatMap(({ replicas }) => replicas.filter(isThere)).length,
    differences: differences.map((difference) => ({
      shard: difference.shard,
      nodes: [difference.replica ?? difference.master],
      text: describeDifference(difference),
    })),
  })
}

/** How long a cluster may take to become healthy once nothing is wrong with it, ms: by its own settings. */
function settlingTimeMs(config: Readonly<Record<string, string>>): number {
  const nodeTimeoutMs = Number(config['cluster-node-timeout'] ?? DEFAULT_NODE_TIMEOUT_MS)
  const syncDelayMs = Number(config['repl-diskless-sync-delay'] ?? SYNC_DELAY_MS / 1000) * 1000
  // A master that comes back is forgiven after two node time-outs (CLUSTER_FAIL_UNDO_TIME_MULT, cluster.h, Redis 7.0).
  return 2 * nodeTimeoutMs + syncDelayMs + SETTLE_ROOM_MS
}

/**
 * Resolves with the look that showed it healthy, which is undefined if none did, and with who was absent from it. A server
 * may end as the end begins: one that does not answer is looked after each time.
 */
async function settle(options: EndLooksOptions): Promise<{ snapshot?: Snapshot; absent: readonly string[] }> {
  const { recorder, scenario, cluster, config, silentServers, firstEpoch, signal } = options
  const withinMs = settlingTimeMs(config)
  const nodes = cluster.members.map(({ name }) => name)
  let snapshot: Snapshot | undefined
  let silent = await silentServers()
  let problems: string[] = []
  const look = async () => {
    snapshot = await cluster.look()
    const isKnown = (name: string) => silent.absent.includes(name)
    if (![...snapshot.unreachable.keys()].every(isKnown)) silent = await silentServers()
    problems = healthProblems(snapshot, { nodes, absent: silent.absent })
    return { ok: problems.length === 0, seen: problems.join('; ') }
  }
  const polled = await poll(look, { clock: cluster.clock, signal, withinMs, everyMs: LOOK_EVERY_MS })
  const last = highestEpoch(snapshot)
  const { absent, frozen } = silent
  recorder.record({
    type: 'end-state-seen',
    scenario,
    withinMs,
    ...(polled.trueAfterMs === undefined ? {} : { settledAfterMs: polled.trueAfterMs }),
    problems: polled.ok ? [] : [...frozen.map((name) => `${name} is frozen, and no step paused it`), ...problems],
    ...(last === undefined ? {} : { epochs: { first: firstEpoch, last } }),
    absent,
  })
  return { ...(polled.ok && snapshot !== undefined && { snapshot }), absent }
}

/** The highest epoch that any node knows; undefined if none answered. */
export function highestEpoch(snapshot: Snapshot | undefined): number | undefined {
  const epochs = [...(snapshot?.reports.values() ?? [])].map(({ info }) => info.currentEpoch)
  return epochs.length === 0 ? undefined : Math.max(...epochs)
}

const WORDS = {
  lost: 'gone',
  older: 'back at an older value',
  changed: 'at a value that was never written',
} as const

async function readDataset(dataset: Dataset, { recorder, scenario, cluster, signal }: EndLooksOptions): Promise<void> {
  const keys = dataset.judgeable().length
  if (keys === 0) return
  const { clock } = cluster
  const { findings, errors } = await readBack(dataset, { cluster, clock, signal, withinMs: READ_WITHIN_MS })
  const wrong = (['lost', 'older', 'changed'] as const).flatMap((kind) =>
    findings[kind].map((index) => `${dataset.keys[index] ?? ''} is ${WORDS[kind]}`),
  )
  const unread = findings.unreadable.length
  recorder.record({
    type: 'dataset-read',
    scenario,
    name: dataset.name,
    keys,
    wrong: wrong.slice(0, SHOWN_KEYS),
    wrongCount: wrong.length,
    ...(unread === 0 ? {} : { unread: `${unread} of its keys, for example: ${errors[0] ?? 'no reason was given'}` }),
  })
}
