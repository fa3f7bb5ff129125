import { plural } from '../../base/text.ts'
import type { AuditFinding } from '../../record/audit-outcome.ts'
import type { AdministeredFact, AuditFacts } from '../../results/audit-facts.ts'
import { slotsOfText, textOfSlots } from '../../results/slot-text.ts'
import { momentText } from '../words.ts'
import { mayBeDoingOf } from './aftermath.ts'
import { type AuditRule, blind } from './rule.ts'

export const slots: AuditRule = {
  name: 'slots',
  sentence: 'No slot moved to another shard and no epoch rose without a failover or a step that explains it.',
  reason:
    'Slots that move by themselves take their keys out of reach; epochs that rise by themselves show elections nobody saw.',
  judge(facts) {
    if (facts.views.length === 0) return blind('no node was ever seen')
    return {
      lookedAt: plural(facts.views.length, 'view'),
      findings: [...facts.nodes.flatMap(({ name }) => movesOf(facts, name)), ...epochsOf(facts)],
    }
  },
}

/** A master whose own slots became others while it stayed a master. */
function movesOf(facts: AuditFacts, node: string): AuditFinding[] {
  const { views, commands, timelines, run } = facts
  const own = views.flatMap((fact) => {
    const seen = fact.node === node ? fact.view?.find(({ name }) => name === node) : undefined
    return seen === undefined ? [] : [{ atMs: fact.seenMs, seen }]
  })
  const moves = own.slice(1).flatMap(({ atMs, seen }, index): AuditFinding[] => {
    const before = own[index]?.seen
    const isMove = before?.role === 'master' && seen.role === 'master' && before.slots !== seen.slots
    // It takes all slots of a master, or gives them all back.
    const isWhole = before?.slots === '' || seen.slots === ''
    const isFailover = timelines.some(
      ({ outcome, from, to, startMs }) => outcome !== 'given up' && (from === node || to === node) && startMs <= atMs,
    )
    // It lost its nodes.conf, and knows of no slots any more.
    const isWiped =
      seen.slots === '' &&
      run.faults.some(({ verb, nodes, startMs }) => verb === 'data-wiped' && nodes.includes(node) && startMs <= atMs)
    if (
      !isMove ||
      isWiped ||
      (isWhole && isFailover) ||
      commands.some((one) => mayMoveSlotsOf(node, one) && mayBeDoingOf(facts, one, atMs))
    )
      return []
    const { lost, got } = unmeant(facts, node, { atMs, before: before.slots, now: seen.slots })
    if (lost.length + got.length === 0) return []
    const changes = [
      ...(lost.length === 0 ? [] : [`lost ${textOfSlots(lost)}`]),
      ...(got.length === 0 ? [] : [`gained ${textOfSlots(got)}`]),
    ]
    const them = lost.length + got.length === 1 ? 'it' : 'them'
    const text = `${node} has ${changes.join(' and ')} since ${momentText(atMs)}, and no step moved ${them}`
    return [{ text, nodes: [node], atMs }]
  })
  return moves.slice(0, 1)
}

/** The slots that it lost and that no step was to take from it, and those that it got and that none was to give it. */
function unmeant({ moves, timelines }: AuditFacts, node: string, seen: { atMs: number; before: string; now: string }) {
  const [before, now] = [slotsOfText(seen.before), slotsOfText(seen.now)]
  const begun = moves.filter(({ startMs }) => startMs <= seen.atMs)
  // Who has taken over gives and gets what its master was to: servers go on with a move by themselves.
  const masters = new Set([node])
  for (const { outcome, from, to, startMs } of [...timelines].reverse()) {
    if (outcome !== 'given up' && masters.has(to) && startMs <= seen.atMs) masters.add(from)
  }
  const isUnmeant = (end: 'from' | 'to') => (slot: number) =>
    !begun.some((move) => masters.has(move[end]) && move.slots.has(slot))
  const lost = [...before].filter((slot) => !now.has(slot)).filter(isUnmeant('from'))
  const got = [...now].filter((slot) => !before.has(slot)).filter(isUnmeant('to'))
  return { lost, got }
}

/** Each election begun and each takeover raises the epoch by one (clusterHandleSlaveFailover, clusterBumpConfigEpochWithoutConsensus in cluster.c, Redis 7.0). */
function epochsOf({ endState, logs, commands, config, moves }: AuditFacts): AuditFinding[] {
  if (endState?.epochs === undefined || commands.some(mayRaiseEpoch)) return []
  if (isQuiet(config.loglevel) || commands.some(({ command }) => /^CONFIG SET .*\bloglevel\b/.test(command))) return []
  const { first, last } = endState.epochs
  const explained = logs.filter(({ moment }) => RAISES.has(moment)).length
  // Whoever gets a slot may take a new epoch for it (clusterBumpConfigEpochWithoutConsensus, in CLUSTER SETSLOT).
  const moved = moves.reduce((sum, { slots: { size } }) => sum + size, 0)
  if (hidesCollisions(config.loglevel) && logs.filter(({ moment }) => moment === 'taken over').length > 1) return []
  if (last - first <= explained + moved) return []
  return [
    {
      text: `The epoch rose from ${first} to ${last}, and the logs tell of ${plural(explained, 'election or takeover', 'elections or takeovers')}`,
      nodes: [],
    },
  ]
}

/** Whether elections are missing in logs of this level: from Redis 7.2 on they are of level notice (cluster.c). */
function isQuiet(level: string | undefined): boolean {
  return level === 'warning' || level === 'nothing'
}

/**
 * Whether logs of this level leave out that two masters had one epoch, as after two takeovers at once. One of them takes
 * another then, sometimes more than once (clusterHandleConfigEpochCollision, cluster.c).
 */
function hidesCollisions(level = 'notice'): boolean {
  return level !== 'verbose' && level !== 'debug'
}

/** Settings and keys move no slot, and whoever forgets a node keeps its own. */
function mayMoveSlotsOf(node: string, { command, nodes }: AdministeredFact): boolean {
  return command.startsWith('CLUSTER ') && (command !== 'CLUSTER FORGET' || nodes.includes(node))
}

/** When they do it, or how often, is not known: they explain the epochs of the whole run. */
function mayRaiseEpoch({ command }: AdministeredFact): boolean {
  return RAISING.has(command)
}

/**
 * Commands after which the epoch may be higher, by their own doing or because nodes meet that have a higher one
 * (cluster.c, Redis 7.0; cluster_migrateslots.c, Valkey 9.0). A CLUSTER FAILOVER is told by the logs.
 */
const RAISING: ReadonlySet<string> = new Set(
  ['BUMPEPOCH', 'SETSLOT', 'SET-CONFIG-EPOCH', 'MEET', 'RESET', 'MIGRATESLOTS'].map((word) => `CLUSTER ${word}`),
)

const RAISES: ReadonlySet<string> = new Set(['election started', 'taken over', 'epoch collision'])
