import { cas } from './cas.ts'
import { list, set } from './collections.ts'
import { counter } from './counter.ts'
import { expiry } from './expiry.ts'
import type { WorkloadKind } from './kind.ts'
import { pubsub } from './pubsub.ts'
import { register } from './register.ts'
import { transaction } from './transaction.ts'

/** The types of workloads, in the order in which they are shown. */
export const workloadKinds: readonly WorkloadKind[] = [register, cas, counter, set, list, transaction, pubsub, expiry]

export const workloadKindByName: ReadonlyMap<string, WorkloadKind> = new Map(
  workloadKinds.map((kind) => [kind.name, kind]),
)

/** What a workload may be called: its name is part of its keys and of file names. */
export const WORKLOAD_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/
