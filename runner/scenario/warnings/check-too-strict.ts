import { parseDuration } from '../../base/duration.ts'
import { FAILOVER } from '../../checks/index.ts'
import { keyOf, lacksSuccessor, type Moment, masterLost, stepWords } from './situation.ts'
import { roomyLimit, roundTime, type Timing } from './timing.ts'
import type { Found, Judged, Warning } from './warning.ts'

/** A failover that waits for the node timeout is never faster than that. */
export const checkTooStrict: Warning = {
  name: 'check-too-strict',
  summary: 'A limit on failovers or outages that is shorter than noticing the fault takes',
  *find(judged) {
    const { timing, scenario } = judged
    const elected = timing && electedHeir(judged)
    if (!timing || !elected) return
    for (const { on, limits } of scenario.checks) {
      if (on === FAILOVER) yield* ofFailovers(limits, timing, elected)
      else yield* ofOutages(on, limits, judged, timing, elected)
    }
  },
}

/** A step that waits for a replica to be elected after its master was lost. */
function electedHeir({ moments }: Judged): Moment | undefined {
  return moments.find((moment) => {
    const { step, arg, disturbed } = moment
    if (step.verb !== 'expect' || disturbed || (step.withinMs ?? 0) === 0) return false
    if (keyOf(arg, 'role') === 'master') return masterLost(keyOf(arg, 'node'), moment) !== undefined
    return keyOf(arg, 'cluster') === 'ok' && isWithoutMaster(moment)
  })
}

/** Whether a server that was a master is gone, by the last thing that was done: the cluster serves after an election. */
function isWithoutMaster({ before }: Moment): boolean {
  const { away, last } = before
  return away.some((one) => one.by === last && one.how !== 'cut' && lacksSuccessor(one))
}

function* ofFailovers(
  limits: Readonly<Record<string, unknown>>,
  { detection, promotion }: Timing,
  elected: Moment,
): Iterable<Found> {
  for (const [name, range] of [
    ['time', promotion],
    ['detection', detection],
  ] as const) {
    for (const { ms, wanted } of limitsIn(limits[name])) {
      if (ms >= range.minMs || wanted === true) continue
      yield tooStrict(['checks', FAILOVER, name], `a failover's ${name}`, ms, range, elected)
    }
  }
}

/** Clients of the shard are without a master until its replica has taken over. */
function* ofOutages(
  on: string,
  limits: Readonly<Record<string, unknown>>,
  { scenario }: Judged,
  { promotion }: Timing,
  elected: Moment,
): Iterable<Found> {
  const options = scenario.workloads.find(({ name }) => name === on)?.options
  const lost = elected.before.away.filter((away) => lacksSuccessor(away) && away.how !== 'cut')
  const [shard] = lost.flatMap(({ node }) => node.shard ?? [])
  const isHit = options?.shards === undefined || (shard !== undefined && options.shards.includes(shard - 1))
  if (lost.length === 0 || !isHit) return
  const what = `the outage of shard ${shard ?? 'that lost its master'}`
  for (const name of ['longest_outage', 'client_outage']) {
    for (const { ms, during } of limitsIn(limits[name])) {
      if (during !== undefined || ms >= promotion.minMs) continue
      yield tooStrict(['checks', on, name], what, ms, promotion, elected)
    }
  }
}

function tooStrict(
  path: string[],
  what: string,
  ms: number,
  range: { minMs: number; maxMs: number },
  { before }: Moment,
): Found {
  const fault = before.away[0]?.by
  return {
    at: { path },
    message: `${what} cannot be ${roundTime(ms)} at most: ${fault ? stepWords(fault) : 'the fault'} is noticed after ${roundTime(range.minMs)} (cluster-node-timeout) at the earliest`,
    hint: `Allow ${roomyLimit(range)}, or lower \`cluster-node-timeout\`.`,
  }
}

interface Limit {
  ms: number
  during?: unknown
  wanted?: unknown
}

function limitsIn(written: unknown): Limit[] {
  if (Array.isArray(written)) return written.flatMap(limitsIn)
  const text = typeof written === 'string' ? written : keyOf(written, 'at_most')
  const ms = typeof text === 'string' ? parseDuration(text) : undefined
  if (ms === undefined) return []
  return [{ ms, during: keyOf(written, 'during'), wanted: keyOf(written, 'wanted') }]
}
