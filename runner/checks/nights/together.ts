import { medianOf } from '../../results/samples.ts'
import type { Machine } from './machine.ts'

const SPANS = [1, 2, 3] as const
/** By how much all scenarios together must be slower than on the slowest of the earlier nights, as a logarithm. */
const BEYOND_THE_SLOWEST = Math.log(1.05)

/** All scenarios on one server, taken together. */
export interface Together {
  /** Nights before this one. */
  before: number
  /** Nights since they were slower, with this one; 0 where they are not. */
  span: number
  /** By how much they are slower than usual, as a logarithm: since then, or tonight. */
  shift: number
}

/**
 * Whether all scenarios are slower together. What they share is taken out of each, for it may be the machine; but it
 * may be the server as well, and then somebody must be told. They are, where they are slower by `least` (a logarithm)
 * than on the usual night, and slower than on every night before. With few nights before, nobody knows how much the
 * machine differs from night to night: it takes three times as much after the first, twice after the second.
 */
export function togetherOf({ first }: Machine, least: number): Together {
  const before = first.length - 1
  const change = (span: number) => {
    const earlier = first.slice(0, first.length - span)
    const level = Math.min(...first.slice(first.length - span))
    const isEnough =
      level - medianOf(earlier) >= least * (1 + 2 / earlier.length) &&
      level - Math.max(...earlier) >= BEYOND_THE_SLOWEST
    return { span: isEnough ? span : 0, shift: medianOf(first.slice(first.length - span)) - medianOf(earlier) }
  }
  if (before === 0) return { before, span: 0, shift: 0 }
  const longest = SPANS.filter((span) => span === 1 || 2 * span <= before)
    .map(change)
    .findLast(({ span }) => span > 0)
  return { before, ...(longest ?? change(1)) }
}
