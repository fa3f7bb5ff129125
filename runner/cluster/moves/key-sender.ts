import type { ServerNode } from '../../platforms/platform.ts'
import type { ByteCommand, NodeClient } from '../node-client.ts'

/** As many keys go at once as `redis-cli --cluster reshard` sends (its `--cluster-pipeline`), whatever their size. */
const KEYS_AT_ONCE = 10
/** More of them go as long as together they are smaller than this: their server does nothing else meanwhile. */
const BYTES_AT_ONCE = 256 * 1024
/** Of one slot, names of keys that are asked for at once. */
const NAMES_AT_ONCE = 500
/** What MIGRATE waits for the target in between, ms: as `redis-cli --cluster reshard` (its `--cluster-timeout`). */
const MIGRATE_TIMEOUT_MS = 60_000
/** A server that has not answered by then has not got its own limit either, ms. */
const ANSWER_WITHIN_MS = 2 * MIGRATE_TIMEOUT_MS

/** Keys of one slot that go together. */
interface Batch {
  slot: number
  keys: Buffer[]
}

/**
 * Has one server give its keys to another, with MIGRATE: it takes away none before the other has it. It sends values as
 * the server dumps them, with their expiry.
 */
export class KeySender {
  readonly #source: NodeClient
  readonly #target: ServerNode
  readonly #auth: readonly string[]

  /** `login`: at the target. */
  constructor(source: NodeClient, target: ServerNode, login: { username: string; password: string }) {
    this.#source = source
    this.#target = target
    this.#auth = login.password === '' ? [] : ['AUTH2', login.username, login.password]
  }

  /** All keys of slots that migrate; resolves with how many. Throws Error with the server's words. */
  async send(slots: readonly number[]): Promise<number> {
    let sent = 0
    let open = await this.#names(slots)
    while (open.length > 0) {
      const batches = await this.#batches(open)
      await this.#migrate(batches)
      sent += open.reduce((sum, { keys }) => sum + keys.length, 0)
      const before = new Set(open.map(({ slot, keys }) => `${slot} ${keys[0]?.toString('hex')}`))
      open = await this.#names(open.map(({ slot }) => slot))
      const stuck = open.find(({ slot, keys }) => before.has(`${slot} ${keys[0]?.toString('hex')}`))
      if (stuck)
        throw new Error(`${this.#source.name} keeps keys of slot ${stuck.slot} although it was to give them away`)
    }
    return sent
  }

  /** Half of the keys of a slot, rounded up. */
  async sendHalf(slot: number): Promise<void> {
    const [count] = await this.#ask([['CLUSTER', 'COUNTKEYSINSLOT', slot]])
    const half = Math.ceil(Number(count) / 2)
    if (half === 0) return
    await this.#migrate(await this.#batches(await this.#names([slot], half)))
  }

  close(): void {
    this.#source.close()
  }

  /** The slots that have keys, with the first of them. */
  async #names(slots: readonly number[], most = NAMES_AT_ONCE): Promise<Batch[]> {
    const replies = await this.#ask(slots.map((slot) => ['CLUSTER', 'GETKEYSINSLOT', slot, most]))
    return slots.flatMap((slot, place) => {
      const reply = replies[place]
      const keys = Array.isArray(reply) ? reply.filter((key) => Buffer.isBuffer(key)) : []
      return keys.length === 0 ? [] : [{ slot, keys }]
    })
  }

  /** Few keys go as they are; of many, their size says how many go together. Of a slot that comes one must be ASKING. */
  async #batches(open: readonly Batch[]): Promise<Batch[]> {
    const many = open.filter(({ keys }) => keys.length > KEYS_AT_ONCE)
    const sizeOf = (key: Buffer): ByteCommand[] => [['ASKING'], ['MEMORY', 'USAGE', key]]
    const replies = await this.#ask(many.flatMap(({ keys }) => keys.flatMap(sizeOf)))
    const sizes = replies.filter((_, place) => place % 2 === 1)
    let asked = 0
    return open.flatMap(({ slot, keys }) => {
      if (keys.length <= KEYS_AT_ONCE) return [{ slot, keys }]
      const own = sizes.slice(asked, asked + keys.length)
      asked += keys.length
      return inBatches(keys, own.map(Number)).map((some) => ({ slot, keys: some }))
    })
  }

  async #migrate(batches: readonly Batch[]): Promise<void> {
    const { peerHost, peerPort } = this.#target
    await this.#ask(
      batches.map(({ keys }) => [
        ...(['MIGRATE', peerHost, peerPort, '', 0, MIGRATE_TIMEOUT_MS] as const),
        ...this.#auth,
        ...(['KEYS', ...keys] as const),
      ]),
    )
  }

  async #ask(commands: readonly ByteCommand[]): Promise<unknown[]> {
    const replies = await this.#source.pipelineBytes(commands, ANSWER_WITHIN_MS)
    for (const reply of replies) if (reply instanceof Error) throw reply
    return replies
  }
}

/** Parts of the list, each as small as `KEYS_AT_ONCE` keys or `BYTES_AT_ONCE` bytes, whichever lets more of them go. */
function inBatches(keys: readonly Buffer[], sizes: readonly number[]): Buffer[][] {
  const batches: Buffer[][] = []
  let bytes = 0
  keys.forEach((key, place) => {
    const last = batches.at(-1)
    bytes += sizes[place] ?? 0
    if (last && (last.length < KEYS_AT_ONCE || bytes <= BYTES_AT_ONCE)) last.push(key)
    else {
      batches.push([key])
      bytes = sizes[place] ?? 0
    }
  })
  return batches
}
