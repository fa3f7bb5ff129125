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
 * machine differs from night to night: it takes three times as much after the first, twice after the second. Where
 * several machines share a night, all of them must be slower than any was before: one alone is the machine.
 */
export function togetherOf(machines: readonly Machine[], least: number): Together {
  const nights = machines[0]?.first.map((_, night) => levelsOf(machines, night)) ?? []
  const before = nights.length - 1
  const change = (span: number) => {
    const earlier = nights.slice(0, nights.length - span)
    const since = nights.slice(nights.length - span).flat()
    const level = Math.min(...since)
    const usual = medianOf(earlier.flat())
    const isEnough =
      level - usual >= least * (1 + 2 / earlier.length) && level - Math.max(...earlier.flat()) >= BEYOND_THE_SLOWEST
    return { span: isEnough ? span : 0, shift: medianOf(since) - usual }
  }
  if (before < 1) return { before, span: 0, shift: 0 }
  const longest = SPANS.filter((span) => span === 1 || 2 * span <= before)
    .map(change)
    .findLast(({ span }) => span > 0)
  return { before, ...(longest ?? change(1)) }
}

/** Of the machines of a night, as far as they are known. */
function levelsOf(machines: readonly Machine[], night: number): number[] {
  const known = machines.flatMap(({ first }) => first[night] ?? [])
  return known.length === 0 ? [0] : known
}
