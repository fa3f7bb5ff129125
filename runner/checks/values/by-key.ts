import type { History } from '../../record/history.ts'

/** Numbers of things grouped by key: those of key `k` are `ids[offsets[k]]` to before `ids[offsets[k + 1]]`. */
export interface ByKey {
  ids: Uint32Array
  offsets: Uint32Array
}

/** Groups the numbers 0 to `count` − 1 by their keys (each below `keys`); within a key they stay in order. */
export function groupByKey(keyOf: (id: number) => number, count: number, keys: number): ByKey {
  const offsets = new Uint32Array(keys + 1)
  for (let id = 0; id < count; id += 1) {
    const next = keyOf(id) + 1
    offsets[next] = (offsets[next] ?? 0) + 1
  }
  for (let at = 0; at < keys; at += 1) offsets[at + 1] = (offsets[at + 1] ?? 0) + (offsets[at] ?? 0)
  const places = offsets.slice()
  const ids = new Uint32Array(count)
  for (let id = 0; id < count; id += 1) {
    const its = keyOf(id)
    const place = places[its] ?? 0
    ids[place] = id
    places[its] = place + 1
  }
  return { ids, offsets }
}

const rowsByKey = new WeakMap<History, ByKey>()

/** The rows of each key of a history, in the order of completion; worked out when first asked for. */
export function rowsOf(history: History, key: number): Uint32Array {
  const { ops, rows, keys } = history
  const known = rowsByKey.get(history) ?? groupByKey((row) => ops.key[row] ?? 0, rows, keys.length)
  rowsByKey.set(history, known)
  return slice(known, key)
}

/** How many belong to the key that most belong to. */
export function mostOfAKey({ offsets }: ByKey): number {
  let most = 0
  for (let key = 0; key + 1 < offsets.length; key += 1) {
    most = Math.max(most, (offsets[key + 1] ?? 0) - (offsets[key] ?? 0))
  }
  return most
}

/** What belongs to a key. */
export function slice({ ids, offsets }: ByKey, key: number): Uint32Array {
  return ids.subarray(offsets[key] ?? 0, offsets[key + 1] ?? 0)
}
