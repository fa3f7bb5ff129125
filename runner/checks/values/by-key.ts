/** Numbers of things grouped by key: those of key `k` are `ids[offsets[k]]` to before `ids[offsets[k + 1]]`. */
export interface ByKey {
  ids: Uint32Array
  offsets: Uint32Array
}

/** Groups the numbers 0 to `count` − 1 by their keys (each below `keys`); within a key they stay in order. */
export function groupByKey(key: Uint32Array, count: number, keys: number): ByKey {
  const offsets = new Uint32Array(keys + 1)
  for (let id = 0; id < count; id += 1) {
    const next = (key[id] ?? 0) + 1
    offsets[next] = (offsets[next] ?? 0) + 1
  }
  for (let at = 0; at < keys; at += 1) offsets[at + 1] = (offsets[at + 1] ?? 0) + (offsets[at] ?? 0)
  const places = offsets.slice()
  const ids = new Uint32Array(count)
  for (let id = 0; id < count; id += 1) {
    const its = key[id] ?? 0
    const place = places[its] ?? 0
    ids[place] = id
    places[its] = place + 1
  }
  return { ids, offsets }
}

/** What belongs to a key. */
export function slice({ ids, offsets }: ByKey, key: number): Uint32Array {
  return ids.subarray(offsets[key] ?? 0, offsets[key + 1] ?? 0)
}
