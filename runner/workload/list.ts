import { Collections } from './collections.ts'
import type { WorkloadKind } from './kind.ts'
import { commonOptions, keyOptions, mixOf, readOptions, workloadSchema, writeOptions } from './option-schemas.ts'

/** Clients append elements with RPUSH and read whole lists with LRANGE. */
export const list: WorkloadKind = {
  name: 'list',
  summary: 'Appends elements to lists (RPUSH), each once, and reads whole lists: order, loss and duplicates show',
  schema: workloadSchema('list', {
    ...commonOptions,
    ...keyOptions,
    ...readOptions,
    ...writeOptions,
    mix: mixOf(['read', 'push']),
  }),
  mix: { read: 1, push: 19 },
  keys: 10,
  open: (setup) =>
    new Collections(setup, { add: 'RPUSH', read: (key) => ['LRANGE', key, '0', '-1'], tellsLength: true }),
}
