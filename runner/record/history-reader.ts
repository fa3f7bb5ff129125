import { closeSync, fstatSync, readSync } from 'node:fs'
import { z } from 'zod'
import { openPlainFile } from '../base/plain-file.ts'
import { reasonOf } from '../base/surroundings.ts'
import type { History } from './history.ts'
import { WORKLOAD_TYPES } from './history-codes.ts'
import { ATTEMPT_BYTES, attemptColumns, copyColumns, OPERATION_BYTES, operationColumns } from './history-columns.ts'
import {
  FRAME,
  FRAME_HEADER_BYTES,
  HISTORY_MAGIC,
  HISTORY_VERSION,
  HistoryError,
  type HistoryNames,
  type HistoryStart,
  padded,
} from './history-format.ts'
import { inOrderOfCompletion } from './history-order.ts'
import { count, fields, number, problemWith, slot, some, text, texts, values, wallMs } from './shapes.ts'

const startShape = fields<HistoryStart>({
  version: number,
  workload: text,
  type: z.enum(WORKLOAD_TYPES),
  clients: count,
  startWallMs: wallMs,
  options: values,
})

const namesShape = fields<HistoryNames>({
  keys: some(z.tuple([text, slot])),
  nodes: texts,
  phases: texts,
  texts,
})

interface Frame {
  kind: number
  rows: number
  bytes: number
  /** Where its payload begins. */
  at: number
}

/**
 * Reads a history back, 44 bytes an operation, its rows in the order of completion. A file that was cut off gives what
 * is in it, as not `complete`. Throws HistoryError if the file cannot be read, is no history, or was written by a newer
 * runner.
 */
export function readHistory(file: string): History {
  let descriptor: number
  try {
    descriptor = openPlainFile(file, 'refuse')
  } catch (cause) {
    throw new HistoryError(`The history ${file} cannot be read: ${reasonOf(cause)}`, { cause })
  }
  try {
    return inOrderOfCompletion(new Reading(file, descriptor).history())
  } catch (cause) {
    // Frames carry no checksum: damage shows as lengths and names that cannot be.
    if (!(cause instanceof TypeError || cause instanceof RangeError)) throw cause
    throw new HistoryError(`${file} is not a history of redis-chaos: it is damaged (${cause.message})`, { cause })
  } finally {
    closeSync(descriptor)
  }
}

class Reading {
  readonly #file: string
  readonly #descriptor: number
  readonly #size: number

  constructor(file: string, descriptor: number) {
    this.#file = file
    this.#descriptor = descriptor
    this.#size = fstatSync(descriptor).size
  }

  history(): History {
    const frames = this.#frames()
    const start = this.#start(frames[0])
    const names = this.#names(frames.filter(({ kind }) => kind === FRAME.names))
    const operations = frames.filter(({ kind }) => kind === FRAME.operations)
    const attempts = frames.filter(({ kind }) => kind === FRAME.attempts)
    const { workload, type, clients, startWallMs, options } = start
    return {
      workload,
      type,
      clients,
      startWallMs,
      options,
      complete: frames.at(-1)?.kind === FRAME.end,
      rows: rowsOf(operations),
      ops: this.#operations(operations),
      attemptRows: rowsOf(attempts),
      attempts: this.#attempts(attempts),
      lists: this.#lists(frames.filter(({ kind }) => kind === FRAME.lists)),
      keys: names.keys.map(([name]) => name),
      slots: Uint16Array.from(names.keys, ([, slot]) => slot),
      nodes: names.nodes,
      phases: names.phases,
      texts: names.texts,
    }
  }

  /** Where each whole frame is; a cut-off one at the end is left out. */
  #frames(): Frame[] {
    if (this.#size < HISTORY_MAGIC.length || !Buffer.from(this.#bytes(0, HISTORY_MAGIC.length)).equals(HISTORY_MAGIC)) {
      throw this.#bad('it does not begin as one')
    }
    const frames: Frame[] = []
    for (let at = HISTORY_MAGIC.length; at + FRAME_HEADER_BYTES <= this.#size; ) {
      const header = Buffer.from(this.#bytes(at, FRAME_HEADER_BYTES))
      const [kind, rows, bytes] = [header.readUInt32LE(0), header.readUInt32LE(4), header.readUInt32LE(8)]
      // A hole: frames are written in the background, and the runner was killed before this one came.
      if (kind === 0) break
      const end = at + FRAME_HEADER_BYTES + padded(bytes)
      if (end > this.#size) break
      // Else damage would ask for memory without end.
      if (rows * leastBytes(kind) > bytes) throw this.#bad(`its frame at byte ${at} is too short for its rows`)
      frames.push({ kind, rows, bytes, at: at + FRAME_HEADER_BYTES })
      at = end
    }
    return frames
  }

  #start(frame: Frame | undefined): HistoryStart {
    if (frame?.kind !== FRAME.start) throw this.#bad('its first frame is missing')
    const start = this.#json<HistoryStart>(frame)
    if (start.version > HISTORY_VERSION) {
      throw new HistoryError(
        `${this.#file} has version ${start.version} of the history; this runner reads up to ${HISTORY_VERSION}: use a newer runner`,
      )
    }
    const problem = problemWith(start, startShape)
    if (problem !== undefined) throw this.#bad(`its first frame: ${problem}`)
    return start
  }

  #names(frames: readonly Frame[]): HistoryNames {
    const names: HistoryNames = { keys: [], nodes: [], phases: [], texts: [] }
    for (const frame of frames) {
      const added = this.#json<HistoryNames>(frame)
      const problem = problemWith(added, namesShape)
      if (problem !== undefined) throw this.#bad(`its frame at byte ${frame.at}: ${problem}`)
      for (const key of added.keys) names.keys.push(key)
      names.nodes.push(...added.nodes)
      names.phases.push(...added.phases)
      for (const text of added.texts) names.texts.push(text)
    }
    return names
  }

  #operations(frames: readonly Frame[]): History['ops'] {
    const all = operationColumns(even(rowsOf(frames)))
    let at = 0
    for (const frame of frames) {
      const room = frame.bytes / OPERATION_BYTES
      copyColumns(operationColumns(room, this.#bytes(frame.at, frame.bytes)), frame.rows, all, at)
      at += frame.rows
    }
    return all
  }

  #attempts(frames: readonly Frame[]): History['attempts'] {
    const all = attemptColumns(rowsOf(frames))
    let at = 0
    for (const frame of frames) {
      const room = frame.bytes / ATTEMPT_BYTES
      copyColumns(attemptColumns(room, this.#bytes(frame.at, frame.bytes)), frame.rows, all, at)
      at += frame.rows
    }
    return all
  }

  #lists(frames: readonly Frame[]): History['lists'] {
    const offsets = new Uint32Array(rowsOf(frames) + 1)
    const values = new Int32Array(frames.reduce((sum, { bytes, rows }) => sum + bytes / 4 - rows, 0))
    let list = 0
    let at = 0
    for (const frame of frames) {
      const numbers = new Int32Array(this.#bytes(frame.at, frame.bytes))
      values.set(numbers.subarray(frame.rows), at)
      for (const length of numbers.subarray(0, frame.rows)) {
        at += length
        list += 1
        offsets[list] = at
      }
    }
    return { offsets, values }
  }

  #json<T>(frame: Frame): T {
    try {
      return JSON.parse(Buffer.from(this.#bytes(frame.at, frame.bytes)).toString())
    } catch (cause) {
      throw this.#bad(`its frame at byte ${frame.at} holds no JSON`, cause)
    }
  }

  #bytes(at: number, bytes: number): ArrayBuffer {
    const buffer = new ArrayBuffer(bytes)
    const view = new Uint8Array(buffer)
    for (let done = 0; done < bytes; ) {
      const count = readSync(this.#descriptor, view, done, bytes - done, at + done)
      if (count === 0) throw this.#bad('it became shorter while it was read')
      done += count
    }
    return buffer
  }

  #bad(why: string, cause?: unknown): HistoryError {
    return new HistoryError(`${this.#file} is not a history of redis-chaos: ${why}`, { cause })
  }
}

/** What a row takes at least, in a frame of this kind. */
function leastBytes(kind: number): number {
  if (kind === FRAME.operations) return OPERATION_BYTES
  if (kind === FRAME.attempts) return ATTEMPT_BYTES
  return kind === FRAME.lists ? Uint32Array.BYTES_PER_ELEMENT : 0
}

function rowsOf(frames: readonly Frame[]): number {
  return frames.reduce((sum, { rows }) => sum + rows, 0)
}

function even(rows: number): number {
  return rows + (rows % 2)
}
