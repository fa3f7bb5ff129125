import { z } from 'zod'
import { FN, NIL, UNKNOWN } from '../record/history-codes.ts'
import { judgeDone, type Operation, type Reply, type Shortfall, type Words } from './client/operation.ts'
import type { WorkloadKind, WorkloadSetup } from './kind.ts'
import {
  commonOptions,
  keyOptions,
  mixOf,
  readOptions,
  valueOptions,
  workloadSchema,
  writeOptions,
} from './option-schemas.ts'

/** Sets the key to ARGV[2] if it holds ARGV[1], '' standing for a missing key; tells what it held. */
const SCRIPT =
  "local v = redis.call('GET', KEYS[1]) if v == ARGV[1] or (v == false and ARGV[1] == '') then redis.call('SET', KEYS[1], ARGV[2]) end return v"

/** Clients replace the value that they saw last, if it is still there: by a script, or by WATCH and MULTI. */
export const cas: WorkloadKind = {
  name: 'cas',
  summary:
    'Compares and sets: a client replaces the value it saw last, if it is still there; with plain writes and reads',
  example: '{ type: cas, clients: 4, rate: 200/s, keys: 50, via: watch }',
  schema: workloadSchema('cas', {
    ...commonOptions,
    ...keyOptions,
    ...valueOptions,
    ...readOptions,
    ...writeOptions,
    via: z
      .enum(['script', 'watch'])
      .optional()
      .describe('How: by a script (default), or by WATCH, GET, MULTI, SET, EXEC'),
    mix: mixOf(['read', 'write', 'cas']),
  }),
  mix: { read: 1, write: 1, cas: 2 },
  keys: 100,
  open: (setup) => new Cas(setup),
}

class Cas {
  readonly #setup: WorkloadSetup
  readonly #numbers: readonly number[]
  /** By key, the value that was seen last by any client: a good guess at what is there. */
  readonly #seen: Int32Array
  readonly #watches: boolean
  #written = 0

  constructor(setup: WorkloadSetup) {
    this.#setup = setup
    this.#numbers = setup.keys.map(({ name, slot }) => setup.history.key(name, slot))
    this.#seen = new Int32Array(setup.keys.length).fill(NIL)
    this.#watches = setup.options.own.via === 'watch'
  }

  operation(fn: number, key: number): Operation {
    if (fn === FN.read) return this.#read(key, this.#setup.options.readFrom === 'replica')
    this.#written += 1
    if (fn === FN.write) return this.#write(key, this.#written)
    return this.#watches ? this.#swapWatching(key, this.#written) : this.#swapByScript(key, this.#written)
  }

  *finalReads(): Generator<Operation> {
    for (const key of this.#numbers.keys()) yield this.#read(key, false)
  }

  #read(key: number, replica: boolean): Operation {
    const judge = ([reply]: readonly Reply[]) => {
      const value = this.#setup.values.read(reply)
      if (!replica) this.#seen[key] = value
      return value
    }
    return { ...this.#base(FN.read, key), replica, commands: [['GET', this.#name(key)]], judge }
  }

  #write(key: number, value: number): Operation {
    const judge = () => {
      this.#seen[key] = value
      return judgeDone()
    }
    const commands: Words[] = [['SET', this.#name(key), this.#setup.values.text(value)]]
    return { ...this.#base(FN.write, key), a: value, commands, judge }
  }

  #swapByScript(key: number, value: number): Operation {
    const { values } = this.#setup
    const expected = this.#seen[key] ?? NIL
    const wanted = expected === NIL ? '' : values.text(expected)
    const judge = ([reply]: readonly Reply[]): number | Shortfall => {
      const before = values.read(reply)
      this.#seen[key] = before === expected ? value : before
      return before === expected ? before : mismatch(before)
    }
    const commands: Words[] = [['EVAL', SCRIPT, '1', this.#name(key), wanted, values.text(value)]]
    return { ...this.#base(FN.cas, key), a: value, b: expected, commands, judge }
  }

  #swapWatching(key: number, value: number): Operation {
    const { values } = this.#setup
    const expected = this.#seen[key] ?? NIL
    const next = ([, reply]: readonly Reply[]): readonly Words[] | Shortfall => {
      const before = values.read(reply)
      this.#seen[key] = before
      if (before !== expected) return mismatch(before)
      return [['MULTI'], ['SET', this.#name(key), values.text(value)], ['EXEC']]
    }
    const judge = ([, , done]: readonly Reply[]): number | Shortfall => {
      if (done === null) return mismatch(UNKNOWN)
      this.#seen[key] = value
      return expected
    }
    // A WATCH that is still there from an operation that stopped short would fail the next EXEC for no reason.
    const commands: Words[] = [['UNWATCH'], ['WATCH', this.#name(key)], ['GET', this.#name(key)]]
    const look = ([, ...replies]: readonly Reply[]) => next(replies)
    return { ...this.#base(FN.cas, key), a: value, b: expected, work: 3, commands, next: look, judge }
  }

  #base(fn: number, key: number) {
    const slot = this.#setup.keys[key]?.slot ?? 0
    return { fn, key: this.#numbers[key] ?? 0, a: UNKNOWN, b: UNKNOWN, slot, replica: false, work: 1 }
  }

  #name(key: number): string {
    return this.#setup.keys[key]?.name ?? ''
  }
}

function mismatch(r: number): Shortfall {
  return { failure: 'mismatch', indeterminate: false, r }
}
