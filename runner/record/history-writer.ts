import {
  type FailureClass,
  FLAG,
  integerOf,
  MAX_TEXTS,
  NIL,
  NO_NODE,
  NO_PHASE,
  OUTCOME_OK,
  outcomeCode,
  textCode,
  UNKNOWN,
  type WorkloadType,
} from './history-codes.ts'
import { ATTEMPT_BYTES, attemptColumns, copyColumns, OPERATION_BYTES, operationColumns } from './history-columns.ts'
import { HistoryFile } from './history-file.ts'
import { FRAME, HISTORY_VERSION, type HistoryNames } from './history-format.ts'
import { InFlight } from './history-in-flight.ts'
import { Interned } from './interned.ts'

export interface HistoryOptions {
  /** `<run>/history/<scenario>-<workload>.history`; its folder exists. */
  file: string
  workload: string
  type: WorkloadType
  clients: number
  /** Wall clock at the scenario's start, ms since the epoch. */
  startWallMs: number
  /** Options of the workload, as written; no secrets. */
  options: Record<string, unknown>
}

/** Even, so that every column is aligned; small, so that a crash of the runner costs little. */
const CHUNK_ROWS = 8192
const LIST_CHUNK_VALUES = 32_768

/**
 * Writes what the clients of one workload did, as it happens: `begin`, then `attempt` for each try that was not the
 * last, then `ok`, `failed` or `indeterminate`. Everything is numbers (`history-codes.ts` says which), so that
 * recording costs well under a microsecond and no object. Full chunks go to disk in the background; only a few are in
 * memory at any time. Times are ms from the scenario's start on the monotonic clock.
 *
 * No call but `close` throws for the file's sake: a full disk must not end a run that has servers to clean up.
 */
export class HistoryWriter {
  readonly #file: HistoryFile
  readonly #inFlight = new InFlight()
  readonly #keys = new Interned()
  readonly #slots: number[] = []
  readonly #nodes = new Interned(NO_NODE)
  readonly #phases = new Interned(NO_PHASE)
  readonly #texts = new Interned(MAX_TEXTS)
  #named = { keys: 0, nodes: 0, phases: 0, texts: 0 }
  #phase: number = NO_PHASE
  #chunk = operationColumns(CHUNK_ROWS)
  #chunkRows = 0
  #rowsBefore = 0
  #lists: number[] = []
  #listLengths: number[] = []
  #listCount = 0
  #attempts: { row: number; node: number; outcome: number; startMs: number; endMs: number }[] = []

  /** Throws HistoryError if the file cannot be made. */
  constructor(options: HistoryOptions) {
    const { file, workload, type, clients, startWallMs } = options
    this.#file = new HistoryFile(file)
    this.#file.appendJson(FRAME.start, {
      version: HISTORY_VERSION,
      workload,
      type,
      clients,
      startWallMs,
      options: options.options,
    })
  }

  /** How many operations have completed. */
  get rows(): number {
    return this.#rowsBefore + this.#chunkRows
  }

  /** The number of a key; for a transaction of its group, for pub/sub of its channel. `slot` is its hash slot. */
  key(name: string, slot: number): number {
    const number = this.#keys.of(name)
    this.#slots[number] = slot
    return number
  }

  /** The number of a node. */
  node(name: string): number {
    return this.#nodes.of(name)
  }

  /** The phase of the scenario that begins now. */
  phase(name: string): void {
    this.#phase = this.#phases.of(name)
  }

  /** A reply as a value: an integer itself, null NIL, any other text a number of its own. */
  value(text: string | null): number {
    if (text === null) return NIL
    return integerOf(text) ?? this.#textValue(text)
  }

  /** Stores a list of values; what it returns is the result of the operation that read them. */
  list(values: ArrayLike<number>): number {
    for (let i = 0; i < values.length; i += 1) this.#lists.push(values[i] ?? NIL)
    this.#listLengths.push(values.length)
    if (this.#lists.length >= LIST_CHUNK_VALUES) this.#writeLists()
    this.#listCount += 1
    return this.#listCount - 1
  }

  /**
   * An operation is about to be sent. `dueMs`: when it should have been (open loop), else `invokeMs`. Returns its
   * handle for the calls below; handles are used again after their operation has ended.
   */
  begin(fn: number, client: number, key: number, a: number, b: number, invokeMs: number, dueMs: number): number {
    return this.#inFlight.add(fn, client, key, a, b, invokeMs, invokeMs - dueMs, this.#phase)
  }

  /**
   * A try that ended without the operation ending: a redirection that was followed, a node that refused before another
   * was asked.
   */
  attempt(
    handle: number,
    node: number,
    failure: FailureClass,
    indeterminate: boolean,
    startMs: number,
    endMs: number,
  ): void {
    this.#inFlight.attempt(handle, { node, outcome: outcomeCode(failure, indeterminate), startMs, endMs })
  }

  /** It was carried out, with the result `r` (NIL, UNKNOWN or a value where there is one). `flags`: FLAG bits. */
  ok(handle: number, r: number, node: number, completeMs: number, flags = 0): void {
    this.#end(handle, OUTCOME_OK, r, node, completeMs, flags)
  }

  /** It was definitely not carried out. `r`: what a compare-and-set that did not match saw, if it was told. */
  failed(handle: number, failure: FailureClass, node: number, completeMs: number, r: number = UNKNOWN): void {
    this.#end(handle, outcomeCode(failure, false), r, node, completeMs, 0)
  }

  /** It may or may not have been carried out, or may be so later. */
  indeterminate(handle: number, failure: FailureClass, node: number, completeMs: number, r: number = UNKNOWN): void {
    this.#end(handle, outcomeCode(failure, true), r, node, completeMs, 0)
  }

  /** Something that takes no time: a message that was delivered, a subscription that began or broke. */
  moment(fn: number, client: number, key: number, a: number, node: number, atMs: number): void {
    this.ok(this.begin(fn, client, key, a, UNKNOWN, atMs, atMs), UNKNOWN, node, atMs)
  }

  /** A read of a key from its master after the run, for the checks that ask what is left. */
  final(fn: number, client: number, key: number, r: number, node: number, invokeMs: number, completeMs: number): void {
    this.ok(this.begin(fn, client, key, UNKNOWN, UNKNOWN, invokeMs, invokeMs), r, node, completeMs, FLAG.final)
  }

  /** Sends to disk what is in memory; worth a call every second or so, for a runner that is killed. */
  flush(): void {
    this.#writeLists()
    this.#writeAttempts()
    this.#writeChunk()
  }

  /**
   * Ends the recording: operations that are still under way become indeterminate. Resolves when all is on disk. Rejects
   * with HistoryError if anything could not be written; the history on disk is then incomplete, and says so when it is
   * read.
   */
  async close(): Promise<void> {
    for (const handle of this.#inFlight.handles()) {
      this.indeterminate(handle, 'unfinished', NO_NODE, Number.POSITIVE_INFINITY)
    }
    this.flush()
    this.#file.appendJson(FRAME.end, { rows: this.rows })
    await this.#file.close()
  }

  #textValue(text: string): number {
    return textCode(this.#texts.of(text))
  }

  #end(handle: number, outcome: number, r: number, node: number, completeMs: number, flags: number): void {
    const row = this.#chunkRows
    const chunk = this.#chunk
    const tries = this.#inFlight.move(handle, chunk, row)
    chunk.completeMs[row] = completeMs
    chunk.r[row] = r
    chunk.outcome[row] = outcome
    chunk.node[row] = node
    chunk.flags[row] = flags
    if (tries !== undefined) for (const one of tries) this.#attempts.push({ row: this.rows, ...one })
    this.#chunkRows = row + 1
    if (this.#chunkRows === CHUNK_ROWS) this.flush()
  }

  #writeChunk(): void {
    if (this.#chunkRows === 0) return
    this.#writeNames()
    const rows = this.#chunkRows
    // An odd number of rows would leave columns unaligned: one row more, which readers leave out.
    const room = rows + (rows % 2)
    const buffer = new ArrayBuffer(room * OPERATION_BYTES)
    copyColumns(this.#chunk, rows, operationColumns(room, buffer), 0)
    this.#file.append(FRAME.operations, rows, Buffer.from(buffer))
    this.#rowsBefore += rows
    this.#chunkRows = 0
  }

  #writeAttempts(): void {
    const rows = this.#attempts.length
    if (rows === 0) return
    const buffer = new ArrayBuffer(rows * ATTEMPT_BYTES)
    const columns = attemptColumns(rows, buffer)
    for (const [index, attempt] of this.#attempts.entries()) {
      columns.row[index] = attempt.row
      columns.startMs[index] = attempt.startMs
      columns.endMs[index] = attempt.endMs
      columns.node[index] = attempt.node
      columns.outcome[index] = attempt.outcome
    }
    this.#file.append(FRAME.attempts, rows, Buffer.from(buffer))
    this.#attempts = []
  }

  #writeLists(): void {
    if (this.#listLengths.length === 0) return
    const values = Int32Array.from([...this.#listLengths, ...this.#lists])
    this.#file.append(FRAME.lists, this.#listLengths.length, Buffer.from(values.buffer))
    this.#listLengths = []
    this.#lists = []
  }

  #writeNames(): void {
    const since = this.#named
    const keys = this.#keys.since(since.keys)
    const names: HistoryNames = {
      keys: keys.map((name, index): [string, number] => [name, this.#slots[since.keys + index] ?? 0]),
      nodes: this.#nodes.since(since.nodes),
      phases: this.#phases.since(since.phases),
      texts: this.#texts.since(since.texts),
    }
    if (Object.values(names).every((added) => added.length === 0)) return
    this.#named = { keys: this.#keys.size, nodes: this.#nodes.size, phases: this.#phases.size, texts: this.#texts.size }
    this.#file.appendJson(FRAME.names, names)
  }
}
