import { slotOfKey } from '../../runner/cluster/slots.ts'
import { FN, UNKNOWN } from '../../runner/record/history-codes.ts'
import {
  judgeDone,
  type LoadClient,
  type Operation,
  type Reply,
  textOf,
  type Words,
} from '../../runner/workload/client/operation.ts'

/** How an operation fared, in words for tests. */
export interface Fared {
  /** `MOVED at 0`, … */
  attempts: string[]
  /** `ok at 2`, `timeout at 1, indeterminate`. Nodes by their place in the client's list. */
  outcome: string
  r: number
  fromReplica: boolean
  tookMs: number
}

/** A write of a key. */
export function writeOf(key: string, value = '1'): Operation {
  return operationOf(key, [['SET', key, value]], { fn: FN.write, judge: judgeDone })
}

/** A read of a key; the result is the length of its value, or -1. */
export function readOf(key: string, more: Partial<Operation> = {}): Operation {
  const judge = ([reply]: readonly Reply[]) => textOf(reply)?.length ?? -1
  return operationOf(key, [['GET', key]], { fn: FN.read, judge, ...more })
}

export function operationOf(key: string, commands: readonly Words[], more: Partial<Operation>): Operation {
  const slot = slotOfKey(key)
  return {
    fn: FN.write,
    key: 0,
    a: 1,
    b: UNKNOWN,
    slot,
    replica: false,
    commands,
    work: commands.length,
    judge: judgeDone,
    ...more,
  }
}

/** Sends one operation and waits for its end. */
export function fare(client: LoadClient, operation: Operation, number = 0): Promise<Fared> {
  const attempts: string[] = []
  const startMs = performance.now()
  return new Promise((resolve) => {
    const end = (outcome: string, r: number, fromReplica: boolean) =>
      resolve({ attempts, outcome, r, fromReplica, tookMs: performance.now() - startMs })
    client.send(operation, number, {
      attempted: (node, failure, indeterminate) =>
        attempts.push(`${failure} at ${node}${indeterminate ? ', indeterminate' : ''}`),
      ok: (r, node, _, fromReplica) => end(`ok at ${node}`, r, fromReplica),
      failed: (failure, indeterminate, node, _, r) =>
        end(`${failure} at ${node}${indeterminate ? ', indeterminate' : ''}`, r, false),
    })
  })
}
