import { z } from 'zod'
import { FN, UNKNOWN } from '../record/history-codes.ts'
import { judgeDone, type Operation, type Reply, type Shortfall, type Words } from './client/operation.ts'
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

const KEYS_IN_GROUP = 3

/**
 * Clients set all keys of a group to one value in one MULTI, and read them all in one: no read may see half a write.
 */
export const transaction: WorkloadKind = {
  name: 'transaction',
  summary: 'Sets all keys of a group to one value in a MULTI, and reads them in one: half a transaction shows',
  example: '{ type: transaction, clients: 4, rate: 100/s, group: 3 }',
  schema: workloadSchema('transaction', {
    ...commonOptions,
    ...keyOptions,
    ...valueOptions,
    ...readOptions,
    ...writeOptions,
    group: z.number().int().min(2).max(32).optional().describe('Keys in a group, all of one slot; 3 if not given'),
    mix: mixOf(['read', 'write']),
  }),
  mix: { read: 1, write: 1 },
  keys: 100,
  open({ keys, options, history, values }) {
    const size = typeof options.own.group === 'number' ? options.own.group : KEYS_IN_GROUP
    const numbers = keys.map(({ name, slot }) => history.key(name, slot))
    const members = keys.map(({ name }) => Array.from({ length: size }, (_, i) => `${tagged(name)}.${i + 1}`))
    const readWords = members.map((names): Words[] => [
      ['MULTI'],
      ...names.map((name): Words => ['GET', name]),
      ['EXEC'],
    ])
    let written = 0
    const judgeRead = (replies: readonly Reply[]): number | Shortfall => {
      const results = replies.at(-1)
      return Array.isArray(results) ? history.list(results.map((value: Reply) => values.read(value))) : broken()
    }
    const judgeWrite = (replies: readonly Reply[]): number | Shortfall => {
      const results = replies.at(-1)
      if (!Array.isArray(results)) return broken()
      return results.some((result) => result instanceof Error) ? broken() : judgeDone()
    }
    const base = (fn: number, key: number) => ({
      fn,
      key: numbers[key] ?? 0,
      a: UNKNOWN,
      b: UNKNOWN,
      slot: keys[key]?.slot ?? 0,
      work: size + 2,
    })
    const read = (key: number, replica: boolean): Operation => ({
      ...base(FN.read, key),
      replica,
      commands: readWords[key] ?? [],
      judge: judgeRead,
    })
    return {
      operation(fn, key) {
        if (fn === FN.read) return read(key, options.readFrom === 'replica')
        written += 1
        const text = values.text(written)
        const sets = (members[key] ?? []).map((name): Words => ['SET', name, text])
        return {
          ...base(fn, key),
          a: written,
          replica: false,
          commands: [['MULTI'], ...sets, ['EXEC']],
          judge: judgeWrite,
        }
      },
      *finalReads() {
        for (const key of keys.keys()) yield read(key, false)
      },
    }
  },
}

/**
 * A part of it was carried out, or nobody knows: a server that does so is broken, and no check may take it for a
 * failure.
 */
function broken(): Shortfall {
  return { failure: 'other', indeterminate: true, r: UNKNOWN }
}

/** The name of a group as the beginning of its keys, which are in the slot of that name. A name may have a hash tag. */
function tagged(name: string): string {
  return name.includes('{') ? name : `{${name}}`
}
