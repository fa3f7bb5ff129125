import { formatSlotRanges } from '../slots.ts'
import {
  type MovedSlots,
  MoveError,
  type MoveHow,
  MoveNotStoppable,
  type MoveOptions,
  type MoveOutcome,
  type Mover,
  MoveTooLate,
  type SlotMove,
} from './move.ts'
import { movers } from './movers.ts'

/** What was done, and by which way. */
export interface SlotsMoved extends MoveOutcome {
  how: MoveHow
}

/**
 * Makes the moves, one after another, by the best way that the servers have, or by the one that is asked for. Throws
 * MoveError: the servers lack that way, and nothing was moved; or a move came to no end, and those after it did not begin.
 */
export async function moveSlots(
  moves: readonly SlotMove[],
  { how, ...options }: MoveOptions & { how?: MoveHow | undefined },
): Promise<SlotsMoved> {
  const mover = await chooseMover(moves, options, how)
  const moved: MovedSlots[] = []
  for (const move of moves) {
    assertInTime(move, moved, options.signal)
    try {
      const outcome = await mover.move(move, options)
      moved.push(...outcome.moved)
      if (outcome.stoppedAt !== undefined) return { how: mover.how, moved, stoppedAt: outcome.stoppedAt }
    } catch (error) {
      if (!(error instanceof MoveError) || error instanceof MoveNotStoppable) throw error
      const { message, details, hint } = error
      throw new MoveError(message, { moved: [...moved, ...error.moved], details, ...(hint !== undefined && { hint }) })
    }
  }
  return { how: mover.how, moved }
}

async function chooseMover(
  moves: readonly SlotMove[],
  { cluster }: MoveOptions,
  how: MoveHow | undefined,
): Promise<Mover> {
  const reasons: string[] = []
  for (const mover of movers.filter((one) => how === undefined || one.how === how)) {
    const lacking = await mover.lacking(cluster, moves)
    if (lacking === undefined) return mover
    reasons.push(lacking)
  }
  throw new MoveError(`the slots cannot be moved: ${reasons.join('; ') || `there is no way called ${how}`}`, {
    moved: [],
  })
}

/** Throws the signal's reason; in the place of a MoveTooLate, a MoveError that says so. */
function assertInTime(
  { slots, from, to }: SlotMove,
  moved: readonly MovedSlots[],
  { aborted, reason }: AbortSignal,
): void {
  if (!aborted) return
  if (!(reason instanceof MoveTooLate)) throw reason
  throw new MoveError(`${reason.message}; slots ${formatSlotRanges(slots)} of ${from} did not begin to move to ${to}`, {
    moved,
  })
}
