/**
 * Operations as columns: 44 bytes each. A row is written when its operation completes, so rows stand in the order of
 * completion. Times are ms from the scenario's start on the monotonic clock, fractional.
 */
export interface OperationColumns {
  invokeMs: Float64Array
  /** Infinity for an operation that was still under way at the end. */
  completeMs: Float64Array
  /** How late it was sent, ms: an open-loop operation was due at `invokeMs - lateMs`. 0 in a closed loop. */
  lateMs: Float32Array
  key: Uint32Array
  a: Int32Array
  b: Int32Array
  r: Int32Array
  client: Uint16Array
  fn: Uint8Array
  outcome: Uint8Array
  /** The node that answered, or that the last attempt went to. */
  node: Uint8Array
  /** The scenario's phase at invocation. */
  phase: Uint8Array
  /** How often it was sent; 255 stands for 255 or more. */
  attempts: Uint8Array
  flags: Uint8Array
}

export const COLUMN_NAMES: readonly (keyof OperationColumns)[] = [
  'invokeMs',
  'completeMs',
  'lateMs',
  'key',
  'a',
  'b',
  'r',
  'client',
  'fn',
  'outcome',
  'node',
  'phase',
  'attempts',
  'flags',
]

/** Attempts before the last one of operations that were sent more than once, in the order of their operations. */
export interface AttemptColumns {
  startMs: Float64Array
  endMs: Float64Array
  /** The operation, as a row number of the history. */
  row: Float64Array
  node: Uint8Array
  outcome: Uint8Array
}

type Column = Float64Array | Float32Array | Uint32Array | Int32Array | Uint16Array | Uint8Array
type Carve = <T extends Column>(Type: new (buffer: ArrayBuffer, byteOffset: number, length: number) => T) => T

export const OPERATION_BYTES = 44
export const ATTEMPT_BYTES = 26

/** Columns of `rows` operations, one behind the other in `buffer` from `byteOffset` on, which is a multiple of 8. */
export function operationColumns(
  rows: number,
  buffer = new ArrayBuffer(rows * OPERATION_BYTES),
  byteOffset = 0,
): OperationColumns {
  const carve = carver(rows, buffer, byteOffset)
  // Wide columns first: every column then begins at a multiple of its width, if the number of rows is even.
  return {
    invokeMs: carve(Float64Array),
    completeMs: carve(Float64Array),
    lateMs: carve(Float32Array),
    key: carve(Uint32Array),
    a: carve(Int32Array),
    b: carve(Int32Array),
    r: carve(Int32Array),
    client: carve(Uint16Array),
    fn: carve(Uint8Array),
    outcome: carve(Uint8Array),
    node: carve(Uint8Array),
    phase: carve(Uint8Array),
    attempts: carve(Uint8Array),
    flags: carve(Uint8Array),
  }
}

/** The same for attempts. */
export function attemptColumns(
  rows: number,
  buffer = new ArrayBuffer(rows * ATTEMPT_BYTES),
  byteOffset = 0,
): AttemptColumns {
  const carve = carver(rows, buffer, byteOffset)
  return {
    startMs: carve(Float64Array),
    endMs: carve(Float64Array),
    row: carve(Float64Array),
    node: carve(Uint8Array),
    outcome: carve(Uint8Array),
  }
}

/** Copies the first `rows` rows of `from` to row `at` of `to`. */
export function copyColumns<C extends OperationColumns | AttemptColumns>(
  from: C,
  rows: number,
  to: C,
  at: number,
): void {
  const sources: Record<string, Column> = { ...from }
  const targets: Record<string, Column> = { ...to }
  for (const [name, source] of Object.entries(sources)) targets[name]?.set(source.subarray(0, rows), at)
}

function carver(rows: number, buffer: ArrayBuffer, byteOffset: number): Carve {
  let at = byteOffset
  return (Type) => {
    const column = new Type(buffer, at, rows)
    at += column.byteLength
    return column
  }
}
