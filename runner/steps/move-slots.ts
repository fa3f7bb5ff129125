import { z } from 'zod'
import { formatDuration } from '../base/duration.ts'
import { poll } from '../base/poll.ts'
import { firstFew, listed, plural } from '../base/text.ts'
import type { Snapshot } from '../cluster/live-cluster.ts'
import { endMoves, movesUnderWay } from '../cluster/moves/end-moves.ts'
import { MOVE_STAGES, MoveError, type MoveHow, MoveTooLate, type SlotMove } from '../cluster/moves/move.ts'
import { moveSlots, type SlotsMoved } from '../cluster/moves/move-slots.ts'
import { obstaclesToMoves } from '../cluster/moves/obstacles.ts'
import { countKeys, countLeftBehind, unsettledMoves } from '../cluster/moves/settled.ts'
import { countSlots } from '../cluster/slots.ts'
import type { GroupNeeds } from '../platforms/faults.ts'
import { DEFAULT_NAME, type MigrationWork } from './migrations.ts'
import { type StepContext, StepFailure, StepInconclusive, type StepResult } from './verb.ts'

/** How slots are moved, as `reshard`, `rebalance` and whatever else moves them takes it. */
export const howArg = z
  .enum(['keys', 'atomic'])
  .optional()
  .describe('keys: with SETSLOT and MIGRATE. atomic: by the servers themselves. Default: atomic where they can')

/** What leaves a move to later steps. */
export const laterArgs = {
  background: z.boolean().optional().describe('true: the move goes on while later steps play'),
  until: z
    .enum(MOVE_STAGES)
    .optional()
    .describe(
      'Leaves the move half-way: both ends know of it; half of it is done (atomic: all keys are copied, and the source still owns them); all is moved but the owner. Atomic moves of Redis can be left at importing alone, and only for as long as the snapshot takes, 2 s for each key of the slots',
    ),
  as: z.string().min(1).optional().describe('A name for later steps, where there are several moves'),
}

/** Refuses what cannot be meant together. */
export function checkLater({ background, until, as }: Partial<Later>, refinement: z.RefinementCtx): void {
  if (background && until !== undefined) {
    const message =
      'with `until` the step ends when the move is left half-way, and leaves nothing in the background: give one of them'
    refinement.addIssue({ code: 'custom', path: ['background'], message })
  }
  if (as !== undefined && !background && until === undefined) {
    const message = 'nothing of this move is left for later steps to name: `as` goes with `background: true` or `until`'
    refinement.addIssue({ code: 'custom', path: ['as'], message })
  }
}

/** The same for editors, as far as their schemas can say it. */
export const laterRules = [
  { not: { properties: { background: { const: true } }, required: ['background', 'until'] } },
  { anyOf: [{ not: { required: ['as'] } }, { required: ['background'] }, { required: ['until'] }] },
]

type Later = { [Key in keyof typeof laterArgs]: z.infer<(typeof laterArgs)[Key]> }

export function laterOf({ background, until, as }: Partial<Later>): Later {
  return { background, until, as }
}

export function describeLater({ background, until, as }: Partial<Later>): string {
  const parts = [until && `as far as ${until}`, background && 'in the background', as && `as ${as}`]
  return parts.flatMap((part) => (part ? [`, ${part}`] : [])).join('')
}

/** Servers keep a move half-way by DEBUG alone. */
export function needsToLeave({ until, how }: { until?: unknown; how?: unknown }): GroupNeeds {
  return until !== undefined && how !== 'keys' ? { debug: true } : {}
}

/** Longer than moving all slots of a large test takes, ms. */
export const MOVES_WITHIN_MS = 300_000

/** How long all nodes may take to see the new owners, ms: gossip reaches each within half the node time-out. */
const SEEN_WITHIN_MS = 15_000
const LOOK_EVERY_MS = 50

/**
 * Plans moves of slots from what the nodes say now, makes them, and shows that all nodes see them and that no key stayed
 * behind. `nothingToDo` says why there may be no move to make. Throws StepFailure: before anything is moved where the
 * cluster or the plan is not fit for it.
 */
export async function runMoves(
  context: StepContext,
  plan: (snapshot: Snapshot) => SlotMove[],
  { how, nothingToDo, ...later }: { how: MoveHow | undefined; nothingToDo: string } & Later,
): Promise<StepResult> {
  const snapshot = await context.cluster.look()
  const moves = planned(snapshot, plan)
  if (moves.length === 0) return { proof: nothingToDo }
  if (how !== 'keys') await assertNotHeldUp(moves, context)
  const before = await countKeys(context.cluster, moves, 'from')
  context.noteMoves(moves)
  if (later.background || later.until !== undefined) {
    return await leave(moves, { how, shards: snapshot.agreed.shards, ...later }, context)
  }
  const startMs = context.clock.nowMs()
  const done = await make(moves, how, context)
  const tookMs = context.clock.nowMs() - startMs
  const seen = await provedSeen(moves, context)
  const left = await countLeftBehind(context.cluster, moves)
  if (left > 0) throw new StepFailure({ message: `${plural(left, 'key')} of the moved slots stayed where they were` })
  const after = await countKeys(context.cluster, moves, 'to')
  return {
    proof: `${seen}; ${plural(before, 'key')} in these slots before, ${after} after, and none left behind`,
    note: summary(moves, done, { tookMs, counted: before }),
  }
}

/** It would wait for its whole deadline. */
async function assertNotHeldUp(moves: readonly SlotMove[], context: StepContext): Promise<void> {
  const { cluster, migrations, signal } = context
  for (const one of migrations.all) await one.catchUp()
  const held = migrations.all.find((one) => moves.some((move) => one.holdsUp(move)))
  if (!held) return
  if ((await movesUnderWay(cluster)) === 0) {
    // Somebody has ended it, or the servers have given it up; what kept it may still be there.
    await endMoves({ cluster, signal, only: 'server moves' })
    return held.noteLetGo()
  }
  throw new StepFailure({
    message: `another atomic move of these nodes, called ${held.name}, is held, and this one would not come to its end: ${held.text}`,
    hint: `Nothing was moved. \`migration: { resume: ${held.name} }\` or \`{ cancel: ${held.name} }\` first, or \`how: keys\`.`,
  })
}

async function leave(
  moves: readonly SlotMove[],
  { background, until, as = DEFAULT_NAME, ...given }: Pick<MigrationWork, 'how' | 'shards'> & Later,
  { cluster, clock, migrations, noteMoved }: StepContext,
): Promise<StepResult> {
  const prove = (made: readonly SlotMove[], signal: AbortSignal) => provedSeen(made, { cluster, clock, signal })
  const migration = migrations.begin(as, moves, { ...given, cluster, until, noteMoved, prove })
  if (!migration) {
    throw new StepFailure({
      message: `a move called ${as} still goes on: ${migrations.get(as)?.text}`,
      hint: 'Give each its own name, with `as`.',
    })
  }
  if (background) return { proof: `it has begun: ${migration.text}` }
  await migration.ended()
  await migration.catchUp()
  if (migration.state === 'stopped') return { proof: migration.text }
  const message = `the move was to stop at ${until}, and is ${migration.text}`
  if (migration.isNotStoppable) {
    migration.isFailureExpected = true
    throw new StepInconclusive({ message, hint: 'Leave out `until`, or ask for `how: keys`: it stops at each stage.' })
  }
  throw migration.state === 'done' ? new StepInconclusive({ message }) : new StepFailure({ message })
}

function planned(snapshot: Snapshot, plan: (snapshot: Snapshot) => SlotMove[]): SlotMove[] {
  const obstacles = obstaclesToMoves(snapshot)
  if (obstacles.length > 0) {
    throw new StepFailure({
      message: `the cluster is not fit for moving slots: ${firstFew(obstacles, 5)}`,
      hint: 'Nothing was moved. `heal: all` closes open slots; then wait until all agree: `expect: { cluster: healthy }` with `within: 30s`.',
    })
  }
  try {
    return plan(snapshot)
  } catch (error) {
    throw asFailure(error)
  }
}

async function make(
  moves: readonly SlotMove[],
  how: MoveHow | undefined,
  { cluster, clock, signal, step, noteMoved, progress }: StepContext,
): Promise<SlotsMoved> {
  const total = countSlots(moves.flatMap(({ slots }) => slots))
  let slots = 0
  const { withinMs } = step
  const ended = new AbortController()
  const limit = new AbortController()
  if (withinMs !== undefined) {
    const tooLate = () => limit.abort(new MoveTooLate(`it was not done within ${formatDuration(withinMs)}`))
    clock.sleep(withinMs, ended.signal).then(tooLate, () => undefined)
  }
  try {
    return await moveSlots(moves, {
      cluster,
      how,
      signal: AbortSignal.any([signal, limit.signal]),
      onState: ({ moved, move }) => {
        if (!moved) return
        slots += countSlots(moved.slots)
        noteMoved(moved)
        progress(`${slots} of ${total} slots are moved, now from ${move.from} to ${move.to}`)
      },
    })
  } catch (error) {
    throw asFailure(error)
  } finally {
    ended.abort()
  }
}

/** Throws StepFailure if not all nodes that answer see it in time. */
async function provedSeen(
  moves: readonly SlotMove[],
  { cluster, clock, signal }: Pick<StepContext, 'cluster' | 'clock' | 'signal'>,
): Promise<string> {
  let answered = 0
  const result = await poll(
    async () => {
      const snapshot = await cluster.look()
      answered = snapshot.reports.size
      const unsettled = unsettledMoves(snapshot, moves)
      return { ok: unsettled.length === 0, seen: firstFew(unsettled, 3) }
    },
    { clock, signal, withinMs: SEEN_WITHIN_MS, everyMs: LOOK_EVERY_MS },
  )
  if (!result.ok) {
    throw new StepFailure({
      message: `the slots were moved, and ${formatDuration(SEEN_WITHIN_MS)} later not all nodes see it: ${result.lastSeen}`,
    })
  }
  return `${plural(answered, 'node')} see every slot at its new owner`
}

/** `counted`: the keys there were, for movers that do not count. */
function summary(
  moves: readonly SlotMove[],
  { how, moved }: SlotsMoved,
  { tookMs, counted }: { tookMs: number; counted: number },
): string {
  const slots = countSlots(moved.flatMap((one) => one.slots))
  const isCounted = moved.every((one) => one.keys !== undefined)
  const keys = isCounted ? moved.reduce((sum, one) => sum + (one.keys ?? 0), 0) : counted
  const perSecond = (count: number) => Math.round((count * 1000) / Math.max(tookMs, 1))
  const ways = moves.map((move) => `${countSlots(move.slots)} from ${move.from} to ${move.to}`)
  return `${plural(slots, 'slot')} with ${plural(keys, 'key')} moved ${how === 'keys' ? 'by keys' : 'atomically'} in ${formatDuration(tookMs)} (${perSecond(slots)} slots/s, ${perSecond(keys)} keys/s): ${listed(ways)}`
}

function asFailure(error: unknown): unknown {
  if (!(error instanceof MoveError)) return error
  const { message, hint, details, moved } = error
  const done = countSlots(moved.flatMap(({ slots }) => slots))
  const before = done === 0 ? [] : [`${plural(done, 'slot')} had been moved before`]
  const all = [...before, ...details]
  return new StepFailure({ message, ...(hint !== undefined && { hint }), ...(all.length > 0 && { details: all }) })
}
