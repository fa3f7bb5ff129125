import { Collections } from './collections.ts'
import type { WorkloadKind } from './kind.ts'
import { commonOptions, keyOptions, mixOf, readOptions, workloadSchema, writeOptions } from './option-schemas.ts'

/** Clients add members with SADD and read whole sets with SMEMBERS. */
export const set: WorkloadKind = {
  name: 'set',
  summary: 'Adds members to sets (SADD), each once, and reads whole sets: a member that is gone or unknown shows',
  schema: workloadSchema('set', {
    ...commonOptions,
    ...keyOptions,
    ...readOptions,
    ...writeOptions,
    mix: mixOf(['read', 'add']),
  }),
  mix: { read: 1, add: 19 },
  keys: 10,
  open: (setup) => new Collections(setup, { add: 'SADD', read: (key) => ['SMEMBERS', key], tellsLength: false }),
}
