import { groupByKey, mostOfAKey } from '../values/by-key.ts'
import { sortByTime } from '../values/time-sort.ts'

/**
 * Blocks of operations that must follow each other without any other operation of their key between them: a write and
 * the reads of its value, or a chain of those. A block is known by two times: when its first operation ended (from then
 * on the block has begun), and when its last operation began (until then it has not ended).
 */
export interface Blocks {
  count: number
  keyOf: (block: number) => number
  /** The first end of an operation; Infinity if none ended. */
  beganMs: Float64Array
  /** The last begin of an operation; -Infinity if none began. */
  lastedMs: Float64Array
}

/** Two blocks of which each must come before the other. */
export type Contradiction = readonly [block: number, other: number]

/**
 * Whether the blocks of each key can be put in an order that agrees with real time. Block X cannot come after block Y
 * if an operation of X ended before one of Y began: `beganMs[X] < lastedMs[Y]`. An order exists if and only if no two
 * blocks must each come before the other (Gibbons & Korach, Testing Shared Memories, SIAM J. Comput. 26, 1997; their
 * zones are the spans between the two times): in a longer cycle, the block that lasts longest would contradict its
 * successor too.
 *
 * Calls `found` with the first contradiction of each key that has one. Near-linear: blocks come nearly sorted.
 */
export function contradictions(blocks: Blocks, keys: number, found: (contradiction: Contradiction) => void): void {
  const groups = groupByKey(blocks.keyOf, blocks.count, keys)
  const { ids, offsets } = groups
  const most = mostOfAKey(groups)
  const long = new Uint32Array(most)
  const longest = new Uint32Array(most)
  for (let key = 0; key < keys; key += 1) {
    const from = offsets[key] ?? 0
    const to = offsets[key + 1] ?? 0
    sortByTime(ids, from, to, (block) => blocks.beganMs[block] ?? 0)
    const contradiction = firstContradiction(blocks, ids.subarray(from, to), long, longest)
    if (contradiction) found(contradiction)
  }
}

/**
 * Blocks that began and went on later are spans in which nothing else can be: no two of them may overlap, and no other
 * block may be confined to one. `ids` are in the order of their beginning; `long` and `longest` are room for as many.
 */
function firstContradiction(
  { beganMs, lastedMs }: Blocks,
  ids: Uint32Array,
  long: Uint32Array,
  longest: Uint32Array,
): Contradiction | undefined {
  let count = 0
  for (const id of ids) {
    const began = beganMs[id] ?? 0
    const lasted = lastedMs[id] ?? 0
    if (began >= lasted) continue
    const before = count > 0 ? (longest[count - 1] ?? 0) : id
    if (count > 0 && began < (lastedMs[before] ?? 0)) return [before, id]
    long[count] = id
    longest[count] = count > 0 && (lastedMs[before] ?? 0) > lasted ? before : id
    count += 1
  }
  if (count === 0) return undefined
  for (const id of ids) {
    const began = beganMs[id] ?? 0
    const lasted = lastedMs[id] ?? 0
    if (began < lasted) continue
    const place = lastBegunBefore(long, count, beganMs, lasted)
    const span = place < 0 ? id : (longest[place] ?? 0)
    if (place >= 0 && (lastedMs[span] ?? 0) > began) return [span, id]
  }
  return undefined
}

function lastBegunBefore(long: Uint32Array, count: number, beganMs: Float64Array, timeMs: number): number {
  let [low, high] = [0, count]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((beganMs[long[middle] ?? 0] ?? 0) < timeMs) low = middle + 1
    else high = middle
  }
  return low - 1
}
