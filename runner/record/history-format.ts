import { ChaosError } from '../base/errors.ts'
import type { WorkloadType } from './history-codes.ts'

/**
 * The file of a history: `RCHIST01`, then frames. A frame is a header of 16 bytes (kind, rows, bytes of the payload, 0;
 * each an unsigned 32-bit integer, little-endian) and its payload, padded to a multiple of 8. Operations and attempts
 * are columns one behind the other, in the byte order of the machine; lists are their lengths and then all their
 * values; names are JSON.
 */
export const HISTORY_MAGIC = Buffer.from('RCHIST01')
export const HISTORY_VERSION = 1
export const FRAME_HEADER_BYTES = 16

/** A file without a frame of kind `end` was cut off: the runner was killed. */
export const FRAME = { start: 1, operations: 2, attempts: 3, lists: 4, names: 5, end: 6 } as const

/** A history cannot be written, or a file is no history. */
export class HistoryError extends ChaosError {
  override name = 'HistoryError'
}

/** What is known of a workload when its recording begins. */
export interface HistoryStart {
  version: number
  workload: string
  type: WorkloadType
  clients: number
  /** Wall clock at the scenario's start, ms since the epoch. */
  startWallMs: number
  /** Options of the workload, as written. */
  options: Record<string, unknown>
}

/** Names that came into use since the last frame of names. */
export interface HistoryNames {
  /** Name and slot of each key. */
  keys: [string, number][]
  nodes: string[]
  phases: string[]
  texts: string[]
}

export function frameHeader(kind: number, rows: number, bytes: number): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_BYTES)
  header.writeUInt32LE(kind, 0)
  header.writeUInt32LE(rows, 4)
  header.writeUInt32LE(bytes, 8)
  return header
}

export function padded(bytes: number): number {
  return Math.ceil(bytes / 8) * 8
}
