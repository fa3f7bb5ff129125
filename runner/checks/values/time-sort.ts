/** The time of an id, ms. */
export type TimeOf = (id: number) => number

const RUN = 24

/**
 * Sorts the ids in `ids[from..to)` by their times, stably. Histories are nearly sorted already, and then this takes one
 * pass: short runs by insertion, then merges that touch only where two runs overlap.
 */
export function sortByTime(ids: Uint32Array, from: number, to: number, timeMsOf: TimeOf): void {
  for (let start = from; start < to; start += RUN) insertionSort(ids, start, Math.min(start + RUN, to), timeMsOf)
  let scratch = new Uint32Array(0)
  for (let width = RUN; width < to - from; width *= 2) {
    for (let start = from; start + width < to; start += 2 * width) {
      scratch = merge(ids, start, start + width, Math.min(start + 2 * width, to), timeMsOf, scratch)
    }
  }
}

function insertionSort(ids: Uint32Array, from: number, to: number, timeMsOf: TimeOf): void {
  for (let i = from + 1; i < to; i += 1) {
    const id = ids[i] ?? 0
    const timeMs = timeMsOf(id)
    let j = i
    for (; j > from && timeMsOf(ids[j - 1] ?? 0) > timeMs; j -= 1) ids[j] = ids[j - 1] ?? 0
    ids[j] = id
  }
}

function merge(
  ids: Uint32Array,
  start: number,
  middle: number,
  end: number,
  timeMsOf: TimeOf,
  room: Uint32Array<ArrayBuffer>,
): Uint32Array<ArrayBuffer> {
  const from = firstAfter(ids, start, middle, timeMsOf, timeMsOf(ids[middle] ?? 0))
  if (from === middle) return room
  const to = firstNotBefore(ids, middle, end, timeMsOf, timeMsOf(ids[middle - 1] ?? 0))
  const count = middle - from
  const left = room.length >= count ? room : new Uint32Array(count * 2)
  left.set(ids.subarray(from, middle))
  let l = 0
  let r = middle
  let at = from
  while (l < count) {
    const takesRight = r < to && timeMsOf(ids[r] ?? 0) < timeMsOf(left[l] ?? 0)
    ids[at] = (takesRight ? ids[r] : left[l]) ?? 0
    if (takesRight) r += 1
    else l += 1
    at += 1
  }
  return left
}

/** The first place in `ids[from..to)`, sorted, with a time after `timeMs`. */
export function firstAfter(ids: Uint32Array, from: number, to: number, timeMsOf: TimeOf, timeMs: number): number {
  let [low, high] = [from, to]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (timeMsOf(ids[middle] ?? 0) > timeMs) high = middle
    else low = middle + 1
  }
  return low
}

/** The first place in `ids[from..to)`, sorted, with a time of `timeMs` or later. */
export function firstNotBefore(ids: Uint32Array, from: number, to: number, timeMsOf: TimeOf, timeMs: number): number {
  let [low, high] = [from, to]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (timeMsOf(ids[middle] ?? 0) >= timeMs) high = middle
    else low = middle + 1
  }
  return low
}
