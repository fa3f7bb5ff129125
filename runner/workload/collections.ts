import { FN, UNKNOWN } from '../record/history-codes.ts'
import type { Operation, Reply } from './client/operation.ts'
import type { Workload, WorkloadKind, WorkloadSetup } from './kind.ts'
import { commonOptions, keyOptions, mixOf, readOptions, workloadSchema, writeOptions } from './option-schemas.ts'

/**
 * How many elements a set or list gets before another takes its place: reading one must not become slower and slower.
 */
const ELEMENTS = 256

/** Clients add members with SADD and read whole sets with SMEMBERS. */
export const set: WorkloadKind = {
  name: 'set',
  summary: 'Adds members to sets (SADD), each once, and reads whole sets: a member that is gone or unknown shows',
  example: '{ type: set, clients: 4, rate: 100/s }',
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

/** Clients append elements with RPUSH and read whole lists with LRANGE. */
export const list: WorkloadKind = {
  name: 'list',
  summary: 'Appends elements to lists (RPUSH), each once, and reads whole lists: order, loss and duplicates show',
  example: '{ type: list, clients: 4, rate: 100/s }',
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

interface CollectionCommands {
  /** The command that adds. */
  add: string
  read(key: string): readonly [string, ...string[]]
  /** Whether the reply to an addition is the length after it. */
  tellsLength: boolean
}

/** Clients add elements that are never used twice to sets or lists, and read them whole. */
class Collections implements Workload {
  readonly #setup: WorkloadSetup
  readonly #commands: CollectionCommands
  /** By key: how many elements have been sent to it in all. */
  readonly #sent: Uint32Array
  #elements = 0

  constructor(setup: WorkloadSetup, commands: CollectionCommands) {
    this.#setup = setup
    this.#commands = commands
    this.#sent = new Uint32Array(setup.keys.length)
  }

  operation(fn: number, key: number): Operation {
    const sent = this.#sent[key] ?? 0
    const name = this.#nameOf(key, Math.floor(sent / ELEMENTS))
    if (fn === FN.read) return this.#read(key, name, this.#setup.options.readFrom === 'replica')
    this.#sent[key] = sent + 1
    this.#elements += 1
    const { values } = this.#setup
    const { add, tellsLength } = this.#commands
    return {
      ...this.#base(fn, key, name),
      a: this.#elements,
      commands: [[add, name, values.text(this.#elements)]],
      judge: ([reply]: readonly Reply[]) => (tellsLength ? values.read(reply) : UNKNOWN),
    }
  }

  *finalReads(): Generator<Operation> {
    for (const [key, sent] of this.#sent.entries()) {
      for (let number = 0; number * ELEMENTS < sent; number += 1)
        yield this.#read(key, this.#nameOf(key, number), false)
    }
  }

  #read(key: number, name: string, replica: boolean): Operation {
    const { history, values } = this.#setup
    const judge = ([reply]: readonly Reply[]) =>
      history.list(Array.isArray(reply) ? reply.map((element: Reply) => values.read(element)) : [])
    return { ...this.#base(FN.read, key, name), replica, commands: [this.#commands.read(name)], judge }
  }

  #base(fn: number, key: number, name: string) {
    const slot = this.#setup.keys[key]?.slot ?? 0
    const number = this.#setup.history.key(name, slot)
    return { fn, key: number, a: UNKNOWN, b: UNKNOWN, slot, replica: false, work: 1 }
  }

  /** The hash tag keeps all of a key's collections in its slot. */
  #nameOf(key: number, number: number): string {
    return `{${this.#setup.keys[key]?.name}}.${number}`
  }
}
