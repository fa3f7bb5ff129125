import { PlayError } from '../../base/errors.ts'
import type { LiveCluster } from '../live-cluster.ts'
import type { SlotRange } from '../view.ts'

/** Slots that go from one master to another; both by the runner's names. */
export interface SlotMove {
  slots: readonly SlotRange[]
  from: string
  to: string
}

/** With SETSLOT and MIGRATE, or as the server does it by itself. */
export type MoveHow = 'keys' | 'atomic'

/**
 * Where a move can be left: both nodes know of it and no key is moved yet; half of the slots, or of the keys of the one
 * in the middle, are moved; all keys are moved, and no node is told yet who owns the last slot.
 */
export const MOVE_STAGES = ['importing', 'half', 'handoff'] as const

export type MoveStage = (typeof MOVE_STAGES)[number]

/** How far a move is. */
export interface MoveState {
  move: SlotMove
  /** `moved`: these slots are the target's. */
  stage: MoveStage | 'moved'
  /** The slots that got as far. */
  slots: readonly SlotRange[]
  /** Set when the stage is `moved`. */
  moved?: MovedSlots
  /** The server's own word for it, where it has one. */
  said?: string
}

/** Slots that changed their master together. */
export interface MovedSlots {
  slots: readonly SlotRange[]
  from: string
  to: string
  /** How many keys went along; absent where nobody counted. */
  keys?: number
  /** On the cluster's clock. */
  startMs: number
  endMs: number
}

export interface MoveOutcome {
  moved: readonly MovedSlots[]
  /** It was left there, as asked. */
  stoppedAt?: MoveStage
}

export interface MoveOptions {
  cluster: LiveCluster
  /** Ends the move with its reason, or with MoveError where that is a MoveTooLate. */
  signal: AbortSignal
  /** Told of each stage as it is reached. */
  onState?: ((state: MoveState) => void) | undefined
  /** Leaves the move at this stage, as if whoever makes it had died there. */
  stopAt?: MoveStage | undefined
}

/** One way to move slots. */
export interface Mover {
  readonly how: MoveHow
  /** Why the servers of these moves cannot do it, in words; undefined where they can. */
  lacking(cluster: LiveCluster, moves: readonly SlotMove[]): Promise<string | undefined>
  /** Throws MoveError where it cannot go on; what was moved by then stays moved. */
  move(move: SlotMove, options: MoveOptions): Promise<MoveOutcome>
}

/** Why the signal of a move aborts when its time is over: what is left of it is told then, as for any other failure. */
export class MoveTooLate extends PlayError {
  override name = 'MoveTooLate'
}

/** A move came to no end. */
export class MoveError extends PlayError {
  override name = 'MoveError'
  /** What was moved before. */
  readonly moved: readonly MovedSlots[]
  /** How each slot that is not in order is left, a line for each. */
  readonly details: readonly string[]
  constructor(message: string, options: { moved: readonly MovedSlots[]; details?: readonly string[]; hint?: string }) {
    super(message, { hint: options.hint })
    this.moved = options.moved
    this.details = options.details ?? []
  }
}

/** The servers cannot keep a move at the stage where it was to stop; nothing was begun. */
export class MoveNotStoppable extends MoveError {
  override name = 'MoveNotStoppable'
}
