import type { LogObservation, SeenNode, ViewObservation } from '../../record/observations.ts'

/** A line of a server's log that what nodes say of the cluster does not bear out. */
export interface DeniedLine {
  node: string
  /** Ms from the scenario's start. */
  atMs: number
  /** The line, without the server's own stamp. */
  text: string
}

/** A look and a line of one moment may be this far apart beyond their errors, ms. */
const APART_MS = 100
/** A node is looked at again within this, ms, the time for its answer included: later, nobody looked. */
const LOOK_WITHIN_MS = 1000

/** Lines of whether a node has failed. */
const MARKS: ReadonlySet<LogObservation['moment']> = new Set(['marked failing', 'told of failing', 'failing cleared'])

/** What a line says of the view of the node that logged it, from then on. */
interface Claim {
  holds(view: readonly SeenNode[]): boolean
  /** Whether looks would show it, by the view before: what counts in no failover may come and go between two looks. */
  shows(before: readonly SeenNode[] | undefined): boolean
}

/** The time between two looks at a node that differ: what it did then is the difference. */
interface Change {
  fromMs: number
  toMs: number
  before?: readonly SeenNode[] | undefined
  /** Absent where no look came after. */
  after?: readonly SeenNode[] | undefined
}

/**
 * Lines that looks at the cluster bear out, in order of time, and those that they deny. Whoever may run a script can
 * write any line into the log of its server, but cannot change what the servers say of each other: a line counts only
 * where the view of its node changed as it says, and then at no other time. Of lines that looks cannot show, all count.
 * Lines and views in order of time.
 */
export function borneOut(
  lines: readonly LogObservation[],
  views: readonly ViewObservation[],
  endMs: number,
): { lines: LogObservation[]; denied: DeniedLine[] } {
  if (views.length === 0) return { lines: [...lines], denied: [] }
  const changesOf = new Map<string, Change[]>()
  const kept = new Map<LogObservation, LogObservation>()
  const denied: DeniedLine[] = []
  const promoting = new Map<Change, LogObservation>()
  for (const line of lines) {
    const claim = claimOf(line, views)
    if (claim === undefined) {
      kept.set(line, line)
      continue
    }
    const changes = changesOf.get(line.node) ?? changesIn(views, line.node, endMs)
    changesOf.set(line.node, changes)
    const change = changeFor(line, claim, changes, views)
    if (change === 'unseen') continue
    if (change === undefined && (isTakenBack(line, lines) || isOvertaken(line, { lines, views, changes }))) continue
    if (change === 'hidden') kept.set(line, line)
    else if (change === undefined) denied.push(deny(line))
    else {
      const before = isPromotion(line) ? promoting.get(change) : undefined
      if (before !== undefined) {
        // A node becomes a master once: the later of two lines makes the failover no shorter than it was.
        kept.delete(before)
        denied.push(deny(before))
      }
      if (isPromotion(line)) promoting.set(change, line)
      kept.set(line, { ...line, seenMs: within(line.seenMs, change) })
    }
  }
  return { lines: [...kept.values()].sort((a, b) => a.seenMs - b.seenMs), denied }
}

function deny({ node, seenMs, text }: LogObservation): DeniedLine {
  return { node, atMs: seenMs, text }
}

function within(atMs: number, { fromMs, toMs }: Change): number {
  return Math.min(Math.max(atMs, fromMs - APART_MS), toMs + APART_MS)
}

function isPromotion({ moment }: LogObservation): boolean {
  return moment === 'election won' || moment === 'taken over'
}

/** Undefined if looks tell nothing of such lines. */
function claimOf(line: LogObservation, views: readonly ViewObservation[]): Claim | undefined {
  const { node, moment, about } = line
  switch (moment) {
    case 'election won':
    case 'taken over':
      return { holds: (view) => isOwner(view, node), shows: () => true }
    case 'marked failing':
    case 'told of failing':
      return about === undefined ? undefined : { holds: (view) => hasFailed(view, about), shows: shownOf(about) }
    case 'failing cleared':
      return about === undefined ? undefined : { holds: (view) => !hasFailed(view, about), shows: shownOf(about) }
    case 'reconfigured as replica':
      return { holds: (view) => isReplica(view, node, masterOf(line, views)), shows: shownOf(node) }
    default:
      return undefined
  }
}

/**
 * The master that a node says it follows now. Where there are two masters of its shard it may follow the one and then
 * the other between two looks: then either will do.
 */
function masterOf({ about, seenMs }: LogObservation, views: readonly ViewObservation[]): string | undefined {
  const lastOf = new Map(views.filter((one) => one.seenMs <= seenMs).map((one) => [one.node, one.view]))
  const isMaster =
    about !== undefined && [...lastOf.values()].some((view) => view !== undefined && isOwner(view, about))
  return isMaster ? undefined : about
}

/** What befalls an owner of slots is there for a while; others come and go. */
function shownOf(name: string): Claim['shows'] {
  return (before) => before !== undefined && isOwner(before, name)
}

function isOwner(view: readonly SeenNode[], name: string): boolean {
  return view.some((seen) => seen.name === name && seen.role === 'master' && seen.slots !== '')
}

function isReplica(view: readonly SeenNode[], name: string, of: string | undefined): boolean {
  return view.some((seen) => seen.name === name && seen.role === 'replica' && (of === undefined || seen.of === of))
}

function hasFailed(view: readonly SeenNode[], name: string): boolean {
  return view.some((seen) => seen.name === name && seen.failing === 'fail')
}

/** Every time between two looks at a node at which its view changed. After the last one nobody looked any more. */
function changesIn(views: readonly ViewObservation[], node: string, endMs: number): Change[] {
  const changes: Change[] = []
  let fromMs = Number.NEGATIVE_INFINITY
  let before: readonly SeenNode[] | undefined
  let wasSilent = true
  for (const { afterMs, seenMs, view } of views.filter((one) => one.node === node)) {
    if (!wasSilent) fromMs = afterMs
    wasSilent = view === undefined
    if (view === undefined) continue
    changes.push({ fromMs, toMs: seenMs, before, after: view })
    before = view
  }
  changes.push({ fromMs: wasSilent ? fromMs : endMs - LOOK_WITHIN_MS, toMs: Number.POSITIVE_INFINITY, before })
  return changes
}

/**
 * The change that a line tells of; undefined if looks deny it. `hidden`: looks need not show it. `unseen`: nobody looked
 * afterwards, and a line that nothing bears out is no evidence.
 */
function changeFor(
  line: LogObservation,
  { holds, shows }: Claim,
  changes: readonly Change[],
  views: readonly ViewObservation[],
): Change | 'hidden' | 'unseen' | undefined {
  const { seenMs, errorMs } = line
  const apartMs = errorMs + APART_MS
  const near = changes.filter(({ fromMs, toMs }) => fromMs - apartMs <= seenMs && seenMs <= toMs + apartMs)
  const told = near.find(({ before, after }) => after && holds(after) && !(before && holds(before)))
  if (told !== undefined) return told
  const next = changes.find(({ toMs }) => toMs >= seenMs)
  if (!shows(next?.before)) return 'hidden'
  const open = near.find(({ after, before }) => after === undefined && !(before && holds(before)))
  if (open === undefined) return undefined
  if (!isPromotion(line)) return 'unseen'
  return isSeenByOthers(line, views, seenMs - apartMs) ? open : undefined
}

/**
 * Whether its node said the opposite so soon that no look need have come between: a node whose failing is cleared may be
 * told by a packet from before that it failed. Neither line is evidence then, and neither is denied.
 */
function isTakenBack({ node, moment, about, seenMs }: LogObservation, lines: readonly LogObservation[]): boolean {
  if (about === undefined || !MARKS.has(moment)) return false
  return lines.some(
    (other) =>
      other.node === node &&
      other.about === about &&
      MARKS.has(other.moment) &&
      (other.moment === 'failing cleared') !== (moment === 'failing cleared') &&
      Math.abs(other.seenMs - seenMs) <= APART_MS,
  )
}

/**
 * Whether its node took another role, or another master, before it was looked at again, as the look then bears out: of two
 * replicas that are asked to take over at once, one may be the master for less than the time between two looks.
 */
function isOvertaken(
  line: LogObservation,
  { lines, views, changes }: { lines: readonly LogObservation[]; views: readonly ViewObservation[]; changes: Change[] },
): boolean {
  const later = lines.slice(lines.indexOf(line) + 1).filter((other) => other.node === line.node)
  return later.some((other) => {
    const claim = takesRoleFrom(line, other) ? claimOf(other, views) : undefined
    const change = claim && changeFor(other, claim, changes, views)
    if (typeof change !== 'object') return false
    return line.seenMs >= change.fromMs - line.errorMs - APART_MS
  })
}

/** Whether after the second line, of the same node, what the first says of its role no longer holds. */
function takesRoleFrom(first: LogObservation, second: LogObservation): boolean {
  const follows = ({ moment }: LogObservation) => moment === 'reconfigured as replica'
  if (isPromotion(first)) return follows(second)
  return follows(first) && (isPromotion(second) || (follows(second) && first.about !== second.about))
}

function isSeenByOthers({ node }: LogObservation, views: readonly ViewObservation[], fromMs: number): boolean {
  return views.some((one) => one.node !== node && one.seenMs >= fromMs && one.view && isOwner(one.view, node))
}
