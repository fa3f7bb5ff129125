import { FN, UNKNOWN } from '../record/history-codes.ts'
import { judgeDone, type Operation, type Reply } from './client/operation.ts'
import type { WorkloadKind } from './kind.ts'
import {
  commonOptions,
  keyOptions,
  mixOf,
  readOptions,
  valueOptions,
  workloadSchema,
  writeOptions,
} from './option-schemas.ts'

/** Clients overwrite keys with values that are never used twice, and read them. */
export const register: WorkloadKind = {
  name: 'register',
  summary: 'Writes values that are never used twice to keys, and reads them back all the time',
  example: '{ type: register, clients: 8, rate: 500/s, keys: 1000, wait: { replicas: 1 } }',
  schema: workloadSchema('register', {
    ...commonOptions,
    ...keyOptions,
    ...valueOptions,
    ...readOptions,
    ...writeOptions,
    mix: mixOf(['read', 'write']),
  }),
  mix: { read: 1, write: 1 },
  keys: 1000,
  open({ keys, options, history, values }) {
    const numbers = keys.map(({ name, slot }) => history.key(name, slot))
    const replica = options.readFrom === 'replica'
    const judgeValue = ([reply]: readonly Reply[]) => values.read(reply)
    let written = 0
    const read = (key: number, fromReplica: boolean): Operation => ({
      fn: FN.read,
      key: numbers[key] ?? 0,
      a: UNKNOWN,
      b: UNKNOWN,
      slot: keys[key]?.slot ?? 0,
      replica: fromReplica,
      commands: [['GET', keys[key]?.name ?? '']],
      work: 1,
      judge: judgeValue,
    })
    return {
      operation(fn, key) {
        if (fn === FN.read) return read(key, replica)
        written += 1
        return {
          fn,
          key: numbers[key] ?? 0,
          a: written,
          b: UNKNOWN,
          slot: keys[key]?.slot ?? 0,
          replica: false,
          commands: [['SET', keys[key]?.name ?? '', values.text(written)]],
          work: 1,
          judge: judgeDone,
        }
      },
      *finalReads() {
        for (const key of keys.keys()) yield read(key, false)
      },
    }
  },
}
