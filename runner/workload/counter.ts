import { FN, UNKNOWN } from '../record/history-codes.ts'
import type { Operation, Reply } from './client/operation.ts'
import type { WorkloadKind } from './kind.ts'
import { commonOptions, keyOptions, mixOf, readOptions, workloadSchema, writeOptions } from './option-schemas.ts'

/** Clients add 1 to counters with INCR, which tells the sum, and read them. */
export const counter: WorkloadKind = {
  name: 'counter',
  summary: 'Adds to counters (INCR) and reads them: an addition that is lost or done twice shows',
  example: '{ type: counter, clients: 4, rate: 200/s }',
  schema: workloadSchema('counter', {
    ...commonOptions,
    ...keyOptions,
    ...readOptions,
    ...writeOptions,
    mix: mixOf(['read', 'add']),
  }),
  mix: { read: 1, add: 4 },
  keys: 100,
  open({ keys, options, history, values }) {
    const numbers = keys.map(({ name, slot }) => history.key(name, slot))
    const replica = options.readFrom === 'replica'
    const judgeValue = ([reply]: readonly Reply[]) => values.read(reply)
    const make = (fn: number, key: number, command: string, fromReplica: boolean): Operation => ({
      fn,
      key: numbers[key] ?? 0,
      a: fn === FN.add ? 1 : UNKNOWN,
      b: UNKNOWN,
      slot: keys[key]?.slot ?? 0,
      replica: fromReplica,
      commands: [[command, keys[key]?.name ?? '']],
      work: 1,
      judge: judgeValue,
    })
    return {
      operation: (fn, key) => (fn === FN.add ? make(fn, key, 'INCR', false) : make(fn, key, 'GET', replica)),
      *finalReads() {
        for (const key of keys.keys()) yield make(FN.read, key, 'GET', false)
      },
    }
  },
}
