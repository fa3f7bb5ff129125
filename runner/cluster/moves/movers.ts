import { atomicMover } from './atomic.ts'
import { byKeys } from './by-keys.ts'
import type { Mover } from './move.ts'

/** The ways to move slots, the best first. */
export const movers: readonly Mover[] = [atomicMover, byKeys]
