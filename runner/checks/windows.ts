import { listed, plural } from '../base/text.ts'
import type { OutcomeClass } from '../record/history-codes.ts'
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
    showsMore(thinnest.missed[watched], least - count, one)
  )
}

/** What would show more: where enough was begun before the failover, what kept it from being acknowledged. */
function showsMore(missed: ReadonlyMap<OutcomeClass, number>, wanted: number, one: string): string {
  const classes = [...missed].sort((a, b) => b[1] - a[1])
  const begun = classes.reduce((sum, [, count]) => sum + count, 0)
  // Clients that wait for answers are what is not free for others.
  const [most] = classes.find(([name]) => name !== 'unsent') ?? classes[0] ?? []
  if (begun < wanted || most === undefined)
    return 'A `wait: 2s` before what causes it, or a higher rate, would show more'
  const why = listed(classes.map(([name, count]) => `${count} ${name}`))
  const next = NEXT[most] ?? `Look at what kept ${begun === 1 ? 'it' : 'them'} from that`
  return `${plural(begun, one)} that ${begun === 1 ? 'was' : 'were'} due before it ${begun === 1 ? 'was' : 'were'} not acknowledged: ${why}. ${next}`
}

/** What to do about operations that end like this. */
const NEXT: Partial<Record<OutcomeClass, string>> = {
  unreplicated:
    'Too few replicas had them in time: a longer `timeout` in its `wait`, or less delay of the replicas, would let writes be acknowledged',
  unsent: 'No client was free to send them: more `clients` would show more',
  timeout: 'A longer `timeout` of the workload, or less delay, would let them be answered',
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
