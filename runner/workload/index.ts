import { counter } from './counter.ts'
import type { WorkloadKind } from './kind.ts'
import { register } from './register.ts'

/** The types of workloads, in the order in which they are shown. */
export const workloadKinds: readonly WorkloadKind[] = [register, counter]

export const workloadKindByName: ReadonlyMap<string, WorkloadKind> = new Map(
  workloadKinds.map((kind) => [kind.name, kind]),
)

/** What a workload may be called: its name is part of its keys and of file names. */
export const WORKLOAD_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/
