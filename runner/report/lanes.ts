import type { EventOf, NodeSeen, RunEvent } from '../record/events.ts'
import type { StepReport } from './report-model.ts'
import type { NodeLane, NodeState, ShardLane, ShardState, Span, ViewReport } from './timeline-model.ts'

/** So many views are kept in a report at most: the first, the last, and evenly between them. */
const MOST_VIEWS = 200

/** Verbs after which it is known what a node that gives no answer is. */
const NODE_VERBS: ReadonlySet<string> = new Set(['stop', 'kill', 'pause', 'unpause', 'start', 'restart'])

/** What the nodes showed, whenever it changed; `startMs` is the scenario's start in the time of the events. */
export function viewsOf(events: readonly RunEvent[], startMs: number): ViewReport[] {
  const seen = events.filter((event): event is EventOf<'view-seen'> => event.type === 'view-seen')
  return seen.map(({ atMs, ageMs, currentEpoch, nodes }) => ({
    atMs: Math.max(Math.round((atMs - ageMs - startMs) * 1000) / 1000, 0),
    currentEpoch,
    nodes,
  }))
}

/** Few enough views to keep: of very many, the first, the last, and evenly between them. */
export function keptViews(views: readonly ViewReport[]): ViewReport[] {
  if (views.length <= MOST_VIEWS) return [...views]
  const stride = (views.length - 1) / (MOST_VIEWS - 1)
  return Array.from({ length: MOST_VIEWS }, (_, place) => views[Math.round(place * stride)]).filter(
    (view): view is ViewReport => view !== undefined,
  )
}

/** A lane for each node. `endMs`: when the last of what was seen held no longer. */
export function nodeLanes(views: readonly ViewReport[], steps: readonly StepReport[], endMs: number): NodeLane[] {
  return (views[0]?.nodes ?? []).map(({ name, shard = 0 }) => ({
    node: name,
    shard,
    spans: spansOf(views, endMs, (view) => {
      const node = view.nodes.find((one) => one.name === name)
      return node && { state: nodeState(node, lastDoneTo(name, view.atMs, steps)), note: nodeNote(node) }
    }),
  }))
}

/** A lane for each shard that there ever was. */
export function shardLanes(views: readonly ViewReport[], endMs: number): ShardLane[] {
  const shards = new Set(
    views.flatMap(({ nodes }) => nodes.map(({ shard }) => shard ?? 0)).filter((shard) => shard > 0),
  )
  return [...shards]
    .sort((a, b) => a - b)
    .map((shard) => ({ shard, spans: spansOf(views, endMs, (view) => shardState(view, shard)) }))
}

function spansOf<State extends string>(
  views: readonly ViewReport[],
  endMs: number,
  stateAt: (view: ViewReport) => { state: State; note: string } | undefined,
): Span<State>[] {
  const spans: Span<State>[] = []
  for (const view of views) {
    const last = spans.at(-1)
    if (last !== undefined) last.endMs = Math.max(view.atMs, last.startMs)
    const now = stateAt(view)
    if (now === undefined || (last?.state === now.state && last.note === now.note)) continue
    spans.push({ startMs: view.atMs, endMs: view.atMs, ...now })
  }
  const last = spans.at(-1)
  if (last !== undefined) last.endMs = Math.max(endMs, last.startMs)
  return spans
}

function nodeState(node: NodeSeen, lastVerb: string | undefined): NodeState {
  if (node.up) return node.failing === true ? 'apart' : (node.role ?? 'replica')
  if (lastVerb === 'pause') return 'paused'
  return node.why?.includes('refused') === true ? 'down' : 'silent'
}

function nodeNote({ up, why, role, master, slots, state, link, failing }: NodeSeen): string {
  if (!up) return why ?? 'no answer'
  return [
    role === 'replica'
      ? `replica of ${master ?? 'nobody known'}`
      : slots.length > 0
        ? 'master'
        : 'master without slots',
    ...(link === 'down' ? ['link down'] : []),
    ...(failing === true ? ['held for failing by the others'] : []),
    ...(state === 'fail' ? ['cluster state fail'] : []),
  ].join(', ')
}

function shardState({ nodes }: ViewReport, shard: number): { state: ShardState; note: string } {
  const owner = nodes.find((node) => node.shard === shard && node.slots.length > 0)
  if (owner === undefined) return { state: 'down', note: 'no node owns its slots' }
  if (!owner.up) return { state: 'down', note: `${owner.name} does not answer: ${owner.why ?? 'no answer'}` }
  if (owner.state === 'fail') return { state: 'refused', note: `${owner.name} refuses keys: cluster state fail` }
  return { state: 'served', note: `by ${owner.name}` }
}

/** The verb of the last step that stopped, paused, started … the node before a moment. */
function lastDoneTo(node: string, atMs: number, steps: readonly StepReport[]): string | undefined {
  return steps.findLast(
    ({ verb, targets, startMs }) =>
      NODE_VERBS.has(verb) && startMs !== undefined && startMs <= atMs && targets?.includes(node) === true,
  )?.verb
}
