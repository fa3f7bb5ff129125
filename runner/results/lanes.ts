import { roundMs } from '../base/duration.ts'
import type { ClusterInfo, EventOf, RunEvent } from '../record/events.ts'
import type { ViewObservation } from '../record/observations.ts'
import { formedNodes } from './cluster-info.ts'
import type { Fault } from './faults.ts'
import type { NodeLane, NodeShown, NodeState, ShardLane, ShardState, Span, ViewReport } from './timeline-model.ts'

/** So many views are kept in a report at most: the first, the last, and evenly between them. */
const MOST_VIEWS = 200
/** Nodes are looked at one by one: what differs for less than this is one change that is being seen, ms. */
const ONE_CHANGE_MS = 60

/** Errors of a write that some node answered with. */
const REFUSALS: ReadonlySet<string> = new Set([
  'CLUSTERDOWN',
  'MASTERDOWN',
  'LOADING',
  'READONLY',
  'MISCONF',
  'NOREPLICAS',
])

/** What the nodes showed, whenever it changed; `startMs` is the scenario's start in the time of the events. */
export function viewsOf(events: readonly RunEvent[], cluster: ClusterInfo | undefined, startMs: number): ViewReport[] {
  const seen = events.filter((event): event is EventOf<'view-seen'> => event.type === 'view-seen')
  const nodes = cluster?.nodes ?? []
  const formed = formedNodes(cluster)
  const latest = new Map<string, ViewObservation>()
  const views: ViewReport[] = []
  for (const fact of [...seen].sort((a, b) => a.seenMs - b.seenMs)) {
    const before = latest.get(fact.node)
    // A node that falls silent keeps the last that it said.
    const last = fact.view ?? before?.view
    latest.set(fact.node, { ...fact, ...(last !== undefined && { view: last }) })
    // Of the first look, every node's answer is waited for.
    if (!formed.every(({ name }) => latest.has(name))) continue
    views.push({
      atMs: Math.max(roundMs(fact.seenMs - startMs), 0),
      // Before one that is added has said anything, it is not there.
      nodes: nodes.filter(({ name }) => latest.has(name)).map(({ name, shard }) => nodeShown(name, shard, latest)),
    })
  }
  return views
}

function nodeShown(name: string, shard: number, latest: ReadonlyMap<string, ViewObservation>): NodeShown {
  const fact = latest.get(name)
  const own = fact?.view?.find((node) => node.name === name)
  const others = [...latest.values()].filter(({ node, unreachable }) => node !== name && unreachable === undefined)
  const failingTo = others.filter(({ view }) => view?.find((node) => node.name === name)?.failing !== undefined).length
  return {
    name,
    shard,
    slots: own?.slots ?? '',
    failingTo,
    others: others.length,
    ...(fact?.unreachable !== undefined && { silence: fact.unreachable }),
    ...(own !== undefined && { role: own.role }),
    ...(own?.of !== undefined && { of: own.of }),
  }
}

/** Few enough views to keep, each of which lasted: of very many, the first, the last, and evenly between them. */
export function keptViews(views: readonly ViewReport[]): ViewReport[] {
  const lasting = views.filter(
    (view, place) => (views[place + 1]?.atMs ?? Number.POSITIVE_INFINITY) - view.atMs > ONE_CHANGE_MS,
  )
  const differing = lasting.filter(
    ({ nodes }, place) => JSON.stringify(nodes) !== JSON.stringify(lasting[place - 1]?.nodes),
  )
  if (differing.length <= MOST_VIEWS) return differing
  const stride = (differing.length - 1) / (MOST_VIEWS - 1)
  return Array.from({ length: MOST_VIEWS }, (_, place) => differing[Math.round(place * stride)]).filter(
    (view): view is ViewReport => view !== undefined,
  )
}

/** A lane for each node. `endMs`: when the last of what was seen held no longer. */
export function nodeLanes(views: readonly ViewReport[], faults: readonly Fault[], endMs: number): NodeLane[] {
  const pauses = faults.filter(({ kind }) => kind === 'pause')
  const nodes = new Map(views.flatMap((view) => view.nodes.map(({ name, shard }) => [name, shard] as const)))
  return [...nodes].map(([name, shard]) => {
    const moments = views.flatMap(({ atMs, nodes }) => {
      const node = nodes.find((one) => one.name === name)
      const held = pauses.some(
        (pause) => pause.nodes.includes(name) && pause.startMs <= atMs && atMs < (pause.endMs ?? endMs),
      )
      return node === undefined ? [] : [{ atMs, state: nodeState(node, held), note: nodeNote(node) }]
    })
    return { node: name, shard, spans: spansOf(moments, endMs) }
  })
}

/** A lane for each shard that was written to. */
export function shardLanes(events: readonly RunEvent[], startMs: number, endMs: number): ShardLane[] {
  const facts = events
    .filter((event): event is EventOf<'service-seen'> => event.type === 'service-seen')
    .sort((a, b) => a.seenMs - b.seenMs)
  const shards = [...new Set(facts.map(({ shard }) => shard))].sort((a, b) => a - b)
  return shards.map((shard) => {
    const moments = facts
      .filter((fact) => fact.shard === shard)
      .map((fact) => ({ atMs: Math.max(fact.seenMs - startMs, 0), ...shardState(fact) }))
    return { shard, spans: spansOf(moments, endMs) }
  })
}

function spansOf<State extends string>(
  moments: readonly { atMs: number; state: State; note: string }[],
  endMs: number,
): Span<State>[] {
  const spans: Span<State>[] = []
  for (const { atMs, state, note } of moments) {
    const last = spans.at(-1)
    if (last?.state === state && last.note === note) continue
    if (last !== undefined) last.endMs = atMs
    spans.push({ startMs: atMs, endMs: atMs, state, note })
  }
  const last = spans.at(-1)
  if (last !== undefined) last.endMs = Math.max(endMs, last.startMs)
  return spans
}

function nodeState({ silence, role, failingTo, others }: NodeShown, isPaused: boolean): NodeState {
  if (silence === undefined) return failingTo * 2 > others ? 'apart' : (role ?? 'replica')
  if (isPaused) return 'paused'
  return silence.includes('refused') ? 'down' : 'silent'
}

function nodeNote({ silence, role, of, slots, failingTo, others }: NodeShown): string {
  if (silence !== undefined) return silence
  const what =
    role === 'replica' ? `replica of ${of ?? 'an unknown master'}` : slots === '' ? 'master without slots' : 'master'
  return failingTo * 2 > others ? `${what}, marked as failing by ${failingTo} of ${others} others` : what
}

function shardState({ served, node, error, text }: EventOf<'service-seen'>): { state: ShardState; note: string } {
  if (served) return { state: 'served', note: node === undefined ? 'writes are served' : `by ${node}` }
  return { state: REFUSALS.has(error ?? '') ? 'refused' : 'down', note: text ?? error ?? 'writes fail' }
}
