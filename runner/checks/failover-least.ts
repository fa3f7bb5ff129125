import { formatDuration } from '../base/duration.ts'
import { capitalized } from '../base/text.ts'
import type { FailoverValue } from '../results/failovers/metrics.ts'
import type { Measured } from './check.ts'
import { momentText } from './words.ts'

/**
 * Whether each of some failovers took `leastMs` or longer: the shortest decides. One that was not over when watching
 * ended holds if it lasted so long until then. `noun` says what took that long.
 */
export function measureLeast(noun: string, leastMs: number, values: readonly FailoverValue[]): Measured {
  const timed = values.flatMap(({ valueMs, ...rest }) => (valueMs === undefined ? [] : [{ ...rest, valueMs }]))
  const unseen = values.find(({ why }) => why !== undefined)?.why
  const [shortest] = timed.toSorted((a, b) => a.valueMs - b.valueMs)
  if (!shortest) {
    const explanation = unseen === undefined ? `No ${noun} was seen.` : `${capitalized(unseen)}.`
    return { finding: 'unknown', value: 'none', samples: 0, explanation }
  }
  const { failover, valueMs, open } = shortest
  const isLong = valueMs >= leastMs
  const finding = isLong ? (unseen === undefined ? 'holds' : 'unknown') : open ? 'unknown' : 'violated'
  const took = `${open ? 'at least ' : ''}${formatDuration(valueMs)}`
  const others = timed.length > 1 ? `, the shortest of ${timed.length},` : ''
  const at = momentText(failover.startMs + failover.totalMs)
  const explanation =
    finding === 'unknown' && isLong
      ? `${capitalized(unseen ?? '')}.`
      : `The ${noun} took ${took}${others} in shard ${failover.shard}, caused by ${failover.cause}, until ${at}.`
  return { finding, value: took, amount: valueMs, samples: timed.length, explanation }
}
