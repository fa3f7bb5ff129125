import type { z } from 'zod'
import type { FunctionName, WorkloadType } from '../record/history-codes.ts'
import type { HistoryWriter } from '../record/history-writer.ts'
import type { Operation } from './client/operation.ts'
import type { NodeAddress } from './client/slot-map.ts'
import type { LoadKey } from './drive/keys.ts'
import type { Values } from './drive/values.ts'
import type { LoadOptions } from './options.ts'

/** What of a history the clients of a workload write. */
export type Recording = Pick<
  HistoryWriter,
  'key' | 'value' | 'list' | 'begin' | 'attempt' | 'ok' | 'failed' | 'indeterminate' | 'moment'
>

/** What a workload works with while it runs. */
export interface WorkloadSetup {
  keys: readonly LoadKey[]
  options: LoadOptions
  history: Recording
  values: Values
}

/** What a workload may use that has connections of its own. */
export interface WorkloadTools {
  nodes: readonly NodeAddress[]
  password: string
  /** Numbers of the nodes in the history, by their place in `nodes`. */
  nodeNumbers: readonly number[]
  /** Ms from the scenario's start. */
  now(): number
  /** The node that owns a slot, as far as is known. */
  ownerOf(slot: number): number | undefined
  /** What is known of the owners of slots may be wrong. */
  doubt(): void
}

/** A workload that runs: what its clients do. It only makes operations; whoever drives it sends and records them. */
export interface Workload {
  /** The next operation of a function of the mix, on the key at a place of `keys`. */
  operation(fn: number, key: number, client: number): Operation
  /** Opens connections of its own, before the first operation. */
  start?(tools: WorkloadTools): Promise<void>
  /** Closes them in good order, after the last. */
  stop?(): Promise<void>
  /** Closes them at once, at any time. */
  halt?(): void
  /** Reads of all that was written, each from its master, for after the run. */
  finalReads(): Iterable<Operation>
}

/** A type of workload. Adding one is a file like this and a line in `index.ts`. */
export interface WorkloadKind {
  name: WorkloadType
  /** One line, for the schema and the editor. */
  summary: string
  /** As a scenario has it, in YAML. */
  example: string
  /** The options as written, strict; `type` is among them. */
  schema: z.ZodType
  /** How often what is done if the scenario does not say: weights. */
  mix: Partial<Record<FunctionName, number>>
  /** How many keys if the scenario does not say. */
  keys: number
  open(setup: WorkloadSetup): Workload
}
