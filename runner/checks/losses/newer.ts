import { firstAfter } from '../values/time-sort.ts'
import type { ValueTable } from '../values/value-table.ts'

/** Of writes in the order of their beginning, those that are certainly newer than a value; if nobody wrote that, the last ones. */
export function newerThan(table: ValueTable, writes: Uint32Array, value: number): Uint32Array {
  if (value < 0) return lastOnes(table, writes)
  return writes.subarray(firstAfter(writes, 0, writes.length, (write) => table.invokeMs(write), table.shownMs(value)))
}

/** The writes that no other certainly followed. */
function lastOnes(table: ValueTable, writes: Uint32Array): Uint32Array {
  const lastBeganMs = table.invokeMs(writes.at(-1) ?? -1)
  return writes.filter((value) => table.ackMs(value) >= lastBeganMs)
}
