import { parseDuration } from '../../base/duration.ts'
import { isDisturbance, type Moment, nodesOf, phrasesOf } from './situation.ts'
import { roundTime } from './timing.ts'
import type { Judged, Warning } from './warning.ts'

/** Checks that are inconclusive where too little was written before a failover. */
const OF_WRITES = [
  'lost_writes',
  'resurrected',
  'counter',
  'set',
  'list_order',
  'isolation',
  'duplicates',
  'lost_messages',
]
/** What is written before a failover is looked for within this time. */
const LEAST_MS = 1000

/** Load begins with the first step: a fault of the first second finds nothing that it could destroy. */
export const noLoadYet: Warning = {
  name: 'no-load-yet',
  summary: 'A master is taken away when the load has hardly begun, and there is little to lose',
  *find(judged) {
    const { moments } = judged
    const index = moments.findIndex(({ step, arg }) => isDisturbance(step.verb, arg))
    const first = moments[index]
    const load =
      first &&
      judgedLoadOf(
        judged,
        nodesOf(first)?.map(({ shard }) => shard),
      )
    if (!load || first.disturbed || !takesMaster(first)) return
    const beforeMs = moments.slice(0, index).reduce((sum, moment) => sum + leastMsOf(moment), 0)
    if (beforeMs >= LEAST_MS) return
    const { step } = first
    yield {
      at: { step, path: [step.verb] },
      message: `the load of ${load} begins ${beforeMs === 0 ? 'with the first step' : `${roundTime(beforeMs)} earlier`}: too little is written before this to show whether it is lost`,
      hint: 'Let it run for a moment: put `- wait: 2s` before this step.',
    }
  },
}

/** A workload with keys in these shards whose writes are judged. */
function judgedLoadOf({ scenario }: Judged, hit: (number | undefined)[] | undefined): string | undefined {
  const isHit = (shard: number | undefined, shards: readonly number[]) =>
    shard === undefined || shards.includes(shard - 1)
  const judged = scenario.checks.filter(
    ({ limits }) => limits.min_in_window !== 0 && OF_WRITES.some((name) => name in limits),
  )
  return scenario.workloads
    .filter(({ options: { shards } }) => !shards || !hit || hit.some((shard) => isHit(shard, shards)))
    .find(({ name }) => judged.some(({ on }) => on === name))?.name
}

function takesMaster(moment: Moment): boolean {
  const { verb, forMs } = moment.step
  if (verb === 'failover') return true
  if (!['stop', 'kill', 'power-cut', 'pause', 'partition'].includes(verb) || forMs !== undefined) return false
  const meanings = phrasesOf(moment.arg).map(({ text }) => moment.meaningOf(text))
  return meanings.some(({ role, nodes }) => role === 'master' || nodes.some((node) => node.role === 'master'))
}

/** The least that a step takes; of data, which takes what it takes, enough. */
function leastMsOf({ step, arg }: Moment): number {
  if (step.verb === 'write' || step.verb === 'verify') return LEAST_MS
  if (step.verb === 'expect') return step.forMs ?? 0
  return step.verb === 'wait' && typeof arg === 'string' ? (parseDuration(arg) ?? LEAST_MS) : 0
}
