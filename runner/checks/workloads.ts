import { WORKLOAD_TYPES, type WorkloadType } from '../record/history-codes.ts'

/** For checks that ask how operations fared, whatever they did. */
export const EVERY_WORKLOAD: readonly WorkloadType[] = WORKLOAD_TYPES
