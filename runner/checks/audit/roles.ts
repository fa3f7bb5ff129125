import { plural } from '../../base/text.ts'
import type { AuditFinding } from '../../record/audit-outcome.ts'
import type { SeenNode, ViewObservation } from '../../record/observations.ts'
import type { AuditFacts } from '../../results/audit-facts.ts'
import { momentText } from '../words.ts'
import { isUnderFault, mayBeDoingOf } from './aftermath.ts'
import { type AuditRule, blind } from './rule.ts'

/** A node's view may show a change this much before the log line of its promotion, ms: looks and lines have errors. */
const EARLY_MS = 500

export const roles: AuditRule = {
  name: 'roles',
  sentence: 'No node changed its role or its master without a failover, a step or a fault that explains it.',
  reason: 'A replica that follows another master by itself leaves a shard without one.',
  judge(facts) {
    if (facts.views.length === 0) return blind('no node was ever seen')
    const changes = facts.nodes.flatMap(({ name }) => changesOf(facts, name))
    return {
      lookedAt: plural(changes.length, 'change'),
      findings: changes.flatMap((change) => unexplained(facts, change)),
    }
  },
}

interface Change {
  node: string
  atMs: number
  before: SeenNode
  now: SeenNode
  /** All that it said then. */
  view: readonly SeenNode[]
}

/** Every time that a node says something else of its own role than before. */
function changesOf({ views, endState }: AuditFacts, node: string): Change[] {
  const own = views.flatMap((fact) => {
    const seen = ownIn(fact, node)
    const { seenMs: atMs, view = [] } = fact
    return seen === undefined || endState?.absent.includes(node) ? [] : [{ atMs, seen, view }]
  })
  return own.slice(1).flatMap(({ atMs, seen, view }, index) => {
    const before = own[index]?.seen ?? seen
    return before.role === seen.role && before.of === seen.of ? [] : [{ node, atMs, before, now: seen, view }]
  })
}

function ownIn({ node, view }: ViewObservation, name: string): SeenNode | undefined {
  return node === name ? view?.find((seen) => seen.name === name) : undefined
}

function unexplained(facts: AuditFacts, change: Change): AuditFinding[] {
  const reasons = [isByFailover, isByStep, isBySlots, isByLastSlot, isByMigration]
  if (reasons.some((explains) => explains(facts, change))) return []
  const { node, atMs, before, now } = change
  return [
    {
      text: `${node} became a ${describe(now)} at ${momentText(atMs)}; until then it was a ${describe(before)}, and nothing explains the change`,
      nodes: [node],
      atMs,
    },
  ]
}

function describe({ role, of }: SeenNode): string {
  return of === undefined ? role : `${role} of ${of}`
}

/** Its shard, or the shard of the master that it follows now, had a new master by then, if only for a moment. */
function isByFailover({ timelines }: AuditFacts, { node, atMs, now }: Change): boolean {
  return timelines.some(
    ({ outcome, to, from, startMs, totalMs }) =>
      (outcome === 'promoted' || outcome === 'undone') &&
      startMs + totalMs <= atMs + EARLY_MS &&
      (to === node || from === node || to === now.of || from === now.of),
  )
}

/** Commands that make a node something else, or have it begin anew; settings and keys do not. */
const CHANGES_ROLES = /^(?:CLUSTER|REPLICAOF|SLAVEOF|DEBUG|SHUTDOWN)\b/

function isByStep(facts: AuditFacts, { node, atMs }: Change): boolean {
  const { commands, run } = facts
  return (
    commands.some(
      (one) =>
        CHANGES_ROLES.test(one.command) &&
        (one.nodes.length === 0 || one.nodes.includes(node)) &&
        mayBeDoingOf(facts, one, atMs),
    ) || run.faults.some(({ verb, nodes, startMs }) => verb === 'data-wiped' && nodes.includes(node) && startMs <= atMs)
  )
}

/** Commands that give a slot to another master. */
const MOVES_SLOTS: ReadonlySet<string> = new Set(['CLUSTER SETSLOT', 'CLUSTER MIGRATESLOTS'])

/** A master's replicas follow its last slot to the master that took it (clusterUpdateSlotsConfigWith, cluster.c, Redis 7.0). */
function isBySlots(facts: AuditFacts, { atMs, before, now, view }: Change): boolean {
  const { of: old } = before
  if (old === undefined || now.of === undefined || view.find(({ name }) => name === old)?.slots !== '') return false
  return facts.commands.some(
    (one) =>
      MOVES_SLOTS.has(one.command) &&
      one.nodes.some((node) => node === old || node === now.of) &&
      mayBeDoingOf(facts, one, atMs),
  )
}

/**
 * A master whose last slot a step moved follows the master that took it, and so do its replicas
 * (clusterUpdateSlotsConfigWith, and CLUSTER SETSLOT, cluster.c, Redis 7.0).
 */
function isByLastSlot({ moves }: AuditFacts, { node, atMs, before, now, view }: Change): boolean {
  const old = before.of ?? node
  const isEmptied = node === old || view.find(({ name }) => name === old)?.slots === ''
  return isEmptied && moves.some(({ from, to, startMs }) => from === old && to === now.of && startMs <= atMs)
}

/**
 * Replicas move to a master that has lost its own (`cluster-allow-replica-migration`), which some fault must have
 * taken, from a master that keeps one (`cluster-migration-barrier`, 1 unless set).
 */
function isByMigration(facts: AuditFacts, { node, atMs, before, now }: Change): boolean {
  const { run, config } = facts
  const shard = run.shards.find(({ nodes }) => nodes.includes(node))
  const isSpare = (shard?.nodes.length ?? 0) > 2
  const mayMigrate = isSpare && config['cluster-allow-replica-migration'] !== 'no'
  return mayMigrate && before.of !== now.of && isUnderFault(facts, atMs)
}
