import type { LinkFault } from '../../faults.ts'
import { TABLE } from './packet-filter.ts'

/** A name for each link of a list, the same whenever the same faults are stated; equal links are told apart by their number. */
export function keysOf(links: readonly LinkFault[]): string[] {
  const seen = new Map<string, number>()
  return links.map((link) => {
    const text = JSON.stringify(Object.entries(link).sort(([a], [b]) => (a < b ? -1 : 1)))
    const number = (seen.get(text) ?? 0) + 1
    seen.set(text, number)
    return `${text} ${number}`
  })
}

/** Adds up what nodes have counted for each link; counting goes on when rules are replaced, for links that stay. */
export class Tally {
  readonly #packets = new Map<string, number>()

  /** `counters` are those of one node, as nftables tells them, and `keys` the links that its rules were made of. */
  add(keys: readonly string[], counters: string): void {
    for (const [index, packets] of readCounters(counters)) {
      const key = keys[index]
      if (key !== undefined) this.#packets.set(key, this.of(key) + packets)
    }
  }

  of(key: string): number {
    return this.#packets.get(key) ?? 0
  }

  /** Forgets all other links. */
  keepOnly(keys: readonly string[]): void {
    for (const key of this.#packets.keys()) if (!keys.includes(key)) this.#packets.delete(key)
  }
}

interface Listing {
  nftables: { counter?: { name: string; table: string; packets: number } }[]
}

/** Packets by the place of the link. Text that is no listing of counters has none: there was no table. */
function readCounters(text: string): Map<number, number> {
  if (!text.startsWith('{')) return new Map()
  const { nftables } = JSON.parse(text) as Listing
  const counters = nftables.flatMap(({ counter }) => (counter?.table === TABLE ? [counter] : []))
  return new Map(counters.map(({ name, packets }) => [Number(name.slice(1)), packets]))
}
