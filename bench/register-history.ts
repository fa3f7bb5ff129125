import type { History } from '../runner/record/history.ts'
import { FN, NIL, OUTCOME_OK, outcomeCode, UNKNOWN } from '../runner/record/history-codes.ts'
import { attemptColumns, operationColumns } from '../runner/record/history-columns.ts'

const TIMEOUT = outcomeCode('timeout', true)

/**
 * A linearizable history of `operations` writes and reads, half of each, on `keys` registers by `clients` clients in a
 * closed loop, one of a thousand without an answer. Rows are in the order of completion, as a writer leaves them.
 */
export function registerHistory(operations: number, keys: number, clients: number): History {
  const ops = operationColumns(operations + (operations % 2))
  const present = new Int32Array(keys).fill(NIL)
  const random = generator(42)
  let nextValue = 1
  // Each client's operation takes effect when its turn comes, and ends a little later: rows end in turn, and overlap by
  // `clients`.
  for (let row = 0; row < operations; row += 1) {
    const key = random(keys)
    const isWrite = random(2) === 0
    const lost = random(1000) === 0
    if (isWrite && (!lost || random(2) === 0)) present[key] = nextValue
    ops.fn[row] = isWrite ? FN.write : FN.read
    ops.key[row] = key
    ops.a[row] = isWrite ? nextValue : UNKNOWN
    ops.b[row] = UNKNOWN
    ops.r[row] = isWrite || lost ? UNKNOWN : (present[key] ?? NIL)
    ops.outcome[row] = lost ? TIMEOUT : OUTCOME_OK
    ops.client[row] = row % clients
    ops.invokeMs[row] = Math.max(row - random(clients), 0) * 0.05
    ops.completeMs[row] = row * 0.05 + 0.01
    ops.attempts[row] = 1
    if (isWrite) nextValue += 1
  }
  return {
    ...{ workload: 'bench', type: 'register', clients, startWallMs: 0, options: {}, complete: true },
    ...{ rows: operations, ops, attemptRows: 0, attempts: attemptColumns(0) },
    lists: { offsets: new Uint32Array(1), values: new Int32Array(0) },
    keys: Array.from({ length: keys }, (_, key) => `k${key}`),
    slots: Uint16Array.from({ length: keys }, (_, key) => (key * 7919) % 16_384),
    nodes: ['redis-node0'],
    phases: [],
    texts: [],
  }
}

/** Whole numbers below a bound, the same for the same seed (xorshift32, Marsaglia 2003). */
function generator(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}
