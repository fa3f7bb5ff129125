import { FN, NO_NODE } from '../../record/history-codes.ts'
import type { HistoryWriter } from '../../record/history-writer.ts'
import type { LoadClient, Operation, OperationListener } from '../client/operation.ts'

export interface FinalReadsOptions {
  client: Pick<LoadClient, 'send'>
  history: HistoryWriter
  /** Numbers of the nodes in the history, by their place in the client's list. */
  nodes: readonly number[]
  /** Reads that fail are tried again until then, by `ranMs`. */
  untilMs: number
  /** Ms from the scenario's start. */
  now(): number
  /** The same without the times in which the thread stood still. */
  ranMs(): number
}

/** Reads under way at once. */
const AT_ONCE = 256
const RETRY_EVERY_MS = 50

/** Reads everything from its master after the run, and records it. Resolves with how many reads came to nothing. */
export async function readFinally(operations: Iterable<Operation>, options: FinalReadsOptions): Promise<number> {
  let left = [...operations]
  for (;;) {
    left = await readOnce(left, options)
    if (left.length === 0 || options.ranMs() >= options.untilMs) return left.length
    await new Promise((resolve) => setTimeout(resolve, RETRY_EVERY_MS))
  }
}

/** Resolves with those that failed. When time is over, what has not been sent has failed. */
async function readOnce(operations: readonly Operation[], options: FinalReadsOptions): Promise<Operation[]> {
  const failed: Operation[] = []
  let next = 0
  const lane = async (number: number): Promise<void> => {
    for (let operation = operations[next]; operation !== undefined; operation = operations[next]) {
      next += 1
      const isLate = options.ranMs() >= options.untilMs
      if (isLate || !(await readOne(operation, number, options))) failed.push(operation)
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, operations.length) }, (_, number) => lane(number)))
  return failed
}

function readOne(operation: Operation, number: number, options: FinalReadsOptions): Promise<boolean> {
  const { client, history, nodes, now } = options
  const startMs = now()
  return new Promise((resolve) => {
    const listener: OperationListener = {
      attempted: () => undefined,
      ok: (r, node, atMs) => {
        history.final(FN.read, 0, operation.key, r, nodes[node] ?? NO_NODE, startMs, atMs)
        resolve(true)
      },
      failed: () => resolve(false),
    }
    client.send(operation, number, listener)
  })
}
