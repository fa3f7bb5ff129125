import { formatDuration } from '../base/duration.ts'
import { listed } from '../base/text.ts'
import { type History, textOf } from '../record/history.ts'
import { NIL, UNKNOWN } from '../record/history-codes.ts'

const LONGEST_TEXT = 40

/** A value as it stands in prose: `17`, `nothing`, `"abc"`. */
export function valueText(history: Pick<History, 'texts'>, value: number): string {
  if (value === NIL) return 'nothing'
  if (value === UNKNOWN) return 'an unknown value'
  const text = textOf(history, value)
  if (text === undefined) return String(value)
  return JSON.stringify(text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text)
}

/** A moment of the scenario, ms from its start: `12.48 s`. */
export function momentText(ms: number): string {
  if (ms === Number.NEGATIVE_INFINITY) return 'the beginning'
  if (ms === Number.POSITIVE_INFINITY) return 'the end'
  return ms < 0 ? `${formatDuration(-ms)} before the start` : formatDuration(ms)
}

/** Of a read: `load:events:4 at 3.20 s`. */
export function readText({ keys, ops }: Pick<History, 'keys' | 'ops'>, row: number): string {
  return `${keys[ops.key[row] ?? 0]} at ${momentText(ops.completeMs[row] ?? 0)}`
}

/** `shard 2`, `shards 1 and 3`. */
export function shardsText(shards: readonly number[]): string {
  return `shard${shards.length === 1 ? '' : 's'} ${listed(shards.map(String), 20)}`
}

/** `5461–10922`, `0–2729 and 8190–10919`. */
export function rangesText(ranges: readonly (readonly [number, number])[]): string {
  return listed(
    ranges.map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`)),
    6,
  )
}
