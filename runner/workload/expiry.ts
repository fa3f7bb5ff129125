import { z } from 'zod'
import { duration, durationMs } from '../base/duration-schema.ts'
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

const TTL_MS = 3000

/** Clients write keys that expire, and read them: gone too early, or still there too late, shows. */
export const expiry: WorkloadKind = {
  name: 'expiry',
  summary: 'Writes keys with a time to live and reads them: gone too early or there too late shows',
  example: '{ type: expiry, rate: 100/s, ttl: [2s, 10s] }',
  schema: workloadSchema('expiry', {
    ...commonOptions,
    ...keyOptions,
    ...valueOptions,
    ...readOptions,
    ...writeOptions,
    ttl: z
      .union([duration, z.array(duration).min(1)])
      .optional()
      .describe('How long a key lives, or several durations in turn; 3s if not given'),
    mix: mixOf(['read', 'write']),
  }),
  mix: { read: 9, write: 1 },
  keys: 1000,
  open({ keys, options, history, values }) {
    const numbers = keys.map(({ name, slot }) => history.key(name, slot))
    const ttls = ttlsOf(options.own.ttl)
    const judgeValue = ([reply]: readonly Reply[]) => values.read(reply)
    let written = 0
    const base = (fn: number, key: number) => ({ fn, key: numbers[key] ?? 0, slot: keys[key]?.slot ?? 0, work: 1 })
    const read = (key: number, replica: boolean): Operation => ({
      ...base(FN.read, key),
      a: UNKNOWN,
      b: UNKNOWN,
      replica,
      commands: [['GET', keys[key]?.name ?? '']],
      judge: judgeValue,
    })
    return {
      operation(fn, key) {
        if (fn === FN.read) return read(key, options.readFrom === 'replica')
        const ttlMs = ttls[written % ttls.length] ?? TTL_MS
        written += 1
        return {
          ...base(fn, key),
          a: written,
          b: ttlMs,
          replica: false,
          commands: [['SET', keys[key]?.name ?? '', values.text(written), 'PX', String(ttlMs)]],
          judge: judgeDone,
        }
      },
      *finalReads() {
        for (const key of keys.keys()) yield read(key, false)
      },
    }
  },
}

/** A server takes whole milliseconds above 0. */
function ttlsOf(written: unknown): number[] {
  const texts = written === undefined ? [] : [written].flat()
  return texts.length === 0 ? [TTL_MS] : texts.map((text) => Math.max(1, Math.round(durationMs(String(text)))))
}
