import { parseDuration } from '../../base/duration.ts'
import type { Changed, Formed, KnownNode } from './meaning.ts'
import { MOST_KNOWN } from './meaning.ts'
import { type Away, isDisturbance, keyOf, type Moment, masterLost, nodesOf, type Situation } from './situation.ts'

const AWAY: ReadonlyMap<string, Away['how']> = new Map([
  ['stop', 'down'],
  ['kill', 'down'],
  ['power-cut', 'down'],
  ['pause', 'paused'],
  ['partition', 'cut'],
])

/** What is known once a step has passed. */
export function afterStep(moment: Moment, formed: Formed): Situation {
  const { step, arg, before } = moment
  if (!isDisturbance(step.verb, arg)) return afterQuiet(moment)
  const how = AWAY.get(step.verb)
  if (how !== undefined) return afterLoss(moment, how, formed)
  // A server that refuses to start stays down.
  if (keyOf(arg, 'refused') !== undefined) return afterLoss(moment, 'down', formed)
  if (step.verb === 'start' || step.verb === 'unpause') return afterReturn(moment)
  if (step.verb === 'restart') return afterRestart(moment)
  if (step.verb === 'heal') return afterHeal(moment)
  const away = isRemoval(moment) ? [] : before.away
  const base: Situation = { ...before, away, last: moment, sinceMs: 0, changed: 'all' }
  if (step.verb === 'failover') return { ...base, back: moment }
  if (step.verb === 'redis' || step.forMs !== undefined) return base
  return { ...base, faults: withFault(moment) }
}

/** Whether others may have forgotten the nodes that are away: then nobody misses them. */
function isRemoval({ step: { verb }, arg }: Moment): boolean {
  if (verb !== 'redis') return verb === 'forget' || verb === 'remove-node'
  return (Array.isArray(arg) ? arg : [arg]).some((part) => /\bFORGET\b/i.test(String(part)))
}

function afterQuiet(moment: Moment): Situation {
  const { step, before, arg } = moment
  const tookMs = mostMsOf(step.verb, arg, step.withinMs, step.forMs)
  const { back, ...rest } = before
  const away = step.verb === 'expect' ? afterAnswer(moment) : before.away
  return { ...rest, away, sinceMs: before.sinceMs + tookMs, ...(back && tookMs === 0 && { back }) }
}

/** An expectation that came true tells who has taken over. */
function afterAnswer(moment: Moment): readonly Away[] {
  const { arg, before } = moment
  if (before.away.length === 0) return before.away
  const isServed = keyOf(arg, 'cluster') === 'ok'
  const lost = keyOf(arg, 'role') === 'master' ? masterLost(keyOf(arg, 'node'), moment) : undefined
  if (!isServed && lost === undefined) return before.away
  return before.away.map((away) => (isServed || away === lost ? { ...away, replaced: true } : away))
}

/** The longest that a step which disturbs nothing may take, ms. */
function mostMsOf(verb: string, arg: unknown, withinMs = 0, forMs = 0): number {
  if (verb === 'let') return 0
  if (verb === 'expect') return withinMs + forMs
  const waitMs = verb === 'wait' && typeof arg === 'string' ? parseDuration(arg) : undefined
  return waitMs ?? Number.POSITIVE_INFINITY
}

function afterLoss(moment: Moment, how: Away['how'], formed: Formed): Situation {
  const { step, arg, before } = moment
  const nodes = nodesOf(moment)
  const { back: _, ...rest } = before
  const base: Situation = { ...rest, last: moment, sinceMs: 0, changed: changedBy(nodes, before.changed, formed) }
  if (keyOf(arg, 'rolling') !== undefined) return { ...base, changed: 'all' }
  if (step.forMs !== undefined) return { ...base, back: moment }
  if (how !== 'cut') return { ...base, away: withAway(nodes, moment, how) }
  const away = isWholeCut(arg) ? withAway(nodes, moment, how) : before.away
  return { ...base, away, faults: withFault(moment) }
}

/** Each node once. Where there are very many, nothing more is known of any: a text must not cost without bounds. */
function withAway(nodes: readonly KnownNode[] = [], by: Moment, how: Away['how']): readonly Away[] {
  const { away } = by.before
  const ids = new Set(away.map(({ node }) => node.id))
  const more = nodes.filter(({ id }) => !ids.has(id))
  if (more.length === 0) return away
  return away.length + more.length > MOST_KNOWN ? [] : [...away, ...more.map((node) => ({ node, by, how }))]
}

function withFault(moment: Moment): readonly Moment[] {
  const { faults } = moment.before
  return faults.length < MOST_KNOWN ? [...faults, moment] : faults
}

/** Whether the nodes named are out of reach of all others. */
function isWholeCut(arg: unknown): boolean {
  return keyOf(arg, 'isolate') !== undefined && [undefined, 'all'].includes(keyOf(arg, 'traffic') as undefined)
}

/** A shard that loses a replica alone keeps its roles. */
function changedBy(nodes: readonly KnownNode[] | undefined, changed: Changed, formed: Formed): Changed {
  if (changed === 'all' || nodes === undefined) return 'all'
  const hit = nodes.filter(({ role }) => role !== 'replica')
  const shards = hit.map(({ shard }) => shard).filter((shard) => shard !== undefined)
  if (shards.length < hit.length || formed.topology.shards === 1) return hit.length === 0 ? changed : 'all'
  return new Set([...changed, ...shards])
}

/** Names that were not those under which nodes went away may be the same nodes: then nobody is away for certain. */
function afterReturn(moment: Moment): Situation {
  const { away } = moment.before
  const ids = nodesOf(moment)?.map(({ id }) => id)
  const isSure = ids?.every((id) => away.some(({ node }) => node.id === id))
  return { ...returned(moment), away: isSure ? away.filter(({ node }) => !ids?.includes(node.id)) : [] }
}

function returned(moment: Moment): Situation {
  return { ...moment.before, last: moment, back: moment, sinceMs: 0 }
}

function afterRestart(moment: Moment): Situation {
  const nodes = nodesOf(moment)
  const areReplicas = nodes?.every(({ role }) => role === 'replica')
  return areReplicas ? returned(moment) : { ...returned(moment), changed: 'all' }
}

function afterHeal(moment: Moment): Situation {
  const { arg, before } = moment
  if (typeof arg !== 'string' || arg === 'all') return { ...returned(moment), away: [], faults: [] }
  const away = before.away.filter(({ how }) => how !== 'cut')
  return { ...returned(moment), away, faults: before.faults.filter(({ step }) => step.verb !== arg) }
}
