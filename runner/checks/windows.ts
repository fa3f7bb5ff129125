import { listed, plural } from '../base/text.ts'
import type { Span } from '../results/run-facts.ts'
import type { Evidence } from './evidence.ts'
import type { Watched } from './failover-windows.ts'
import type { ShardChoice } from './limits.ts'
import { momentText } from './words.ts'

/**
 * Why a claim about failovers, of some shards or of all, rests on too little; undefined if it does not. The window with
 * least is named.
 */
export function failoverDoubt(evidence: Evidence, watched: Watched, shards?: ShardChoice): string | undefined {
  const least = evidence.needs.inWindow
  const asked = evidence.failoverWindows.filter(({ failover }) => evidence.shards.includes(shards, failover.shard))
  const [thinnest] = asked.toSorted((a, b) => a[watched] - b[watched])
  if (thinnest === undefined || thinnest[watched] >= least) return undefined
  const { failover, fromMs, toMs } = thinnest
  const count = thinnest[watched]
  const one = watched === 'writes' ? 'write' : 'operation'
  const were = count === 0 ? `no ${one} was` : `only ${plural(count, one)} ${count === 1 ? 'was' : 'were'}`
  return (
    `${were} acknowledged in shard ${failover.shard} around its failover (${failover.cause}), between ${momentText(fromMs)} and ${momentText(toMs)}: ` +
    `what went wrong there would hardly have been seen; at least ${least} are wanted (\`min_in_window\`). ` +
    'A `wait: 2s` before what causes it, or a higher rate, would show more'
  )
}

/** The same of a claim about a phase. `samples`: what was judged in it. */
export function phaseDoubt({ facts, needs }: Evidence, during: string, samples: number): string | undefined {
  if (samples >= needs.inWindow) return undefined
  const spans = facts.phases.filter(({ name }) => name === during).map(spanText)
  const when = spans.length === 0 ? '' : ` (${listed(spans)})`
  return `only ${samples} of what it judges ${samples === 1 ? 'lies' : 'lie'} in the phase ${during}${when}: at least ${needs.inWindow} are wanted (\`min_in_window\`)`
}

function spanText({ startMs, endMs }: Span): string {
  return `${momentText(startMs)} to ${momentText(endMs)}`
}
