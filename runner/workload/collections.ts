import { FN, UNKNOWN } from '../record/history-codes.ts'
import type { Operation, Reply } from './client/operation.ts'
import type { Workload, WorkloadSetup } from './kind.ts'

/** How many elements a set or list gets before another takes its place: reading one must not become slower and slower. */
const ELEMENTS = 256

export interface CollectionCommands {
  /** The command that adds. */
  add: string
  read(key: string): readonly [string, ...string[]]
  /** Whether the reply to an addition is the length after it. */
  tellsLength: boolean
}

/** Clients add elements that are never used twice to sets or lists, and read them whole. */
export class Collections implements Workload {
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
