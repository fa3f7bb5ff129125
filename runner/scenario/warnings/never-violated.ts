import { parseDuration } from '../../base/duration.ts'
import { FAILOVER } from '../../checks/index.ts'
import { isDisturbance, isRepeated, keyOf, type Moment, nodesOf, stepWords } from './situation.ts'
import type { Found, Judged, Warning } from './warning.ts'

/** Checks that only something that goes wrong could violate. */
const OF_FAULTS = [
  ...['lost_writes', 'resurrected', 'longest_outage', 'outages', 'error_rate', 'lost_messages'],
  ...['client_outage', 'recovery_after_server', 'errors_after_recovery'],
]

export const neverViolated: Warning = {
  name: 'never-violated',
  summary: 'A check that no step could ever violate, or that has nothing to judge',
  *find(judged) {
    const { scenario, moments } = judged
    const disturbances = moments.filter(({ step, arg }) => isDisturbance(step.verb, arg))
    if (!disturbances.some(mayFailOver)) yield* failoverChecks(judged, disturbances)
    const [first] = disturbances
    for (const { on, limits } of scenario.checks) {
      if (on === FAILOVER) continue
      yield* tooLarge(on, limits, judged)
      const name = OF_FAULTS.find((each) => each in limits)
      if (name === undefined) continue
      if (first === undefined) yield withoutFault(on, name)
      else yield* beforeFault(on, limits, judged, first)
    }
  },
}

function* failoverChecks({ scenario }: Judged, disturbances: readonly Moment[]): Iterable<Found> {
  const checks = scenario.checks.find(({ on }) => on === FAILOVER)
  const name = Object.keys(checks?.limits ?? {})[0]
  if (name === undefined) return
  const why = disturbances.length === 0 ? 'no step puts anything out of order' : 'only replicas are touched'
  yield {
    at: { path: ['checks', FAILOVER, name] },
    message: `no failover will be there to be judged: ${why}`,
    hint: 'Take a master away, as `kill: master of shard 1`, or remove the checks of failovers.',
  }
}

/** Limits that nothing can be above. */
function* tooLarge(on: string, limits: Readonly<Record<string, unknown>>, judged: Judged): Iterable<Found> {
  if (atMostIn(limits.error_rate).some((text) => Number.parseFloat(text) >= 100)) {
    yield {
      at: { path: ['checks', on, 'error_rate'] },
      message: '`error_rate` can never be above 100%: this check passes whatever happens',
      hint: 'Say what share may fail, as `error_rate: 5%`, or leave the check out.',
    }
  }
  const longestMs = longestRunMs(judged)
  for (const name of ['longest_outage', 'client_outage']) {
    const limit = atMostIn(limits[name]).find((text) => (parseDuration(text) ?? 0) > longestMs)
    if (limit === undefined) continue
    yield {
      at: { path: ['checks', on, name] },
      message: `the scenario is over before an outage could be longer than ${limit}: this check passes whatever happens`,
      hint: `Say how long clients may be without service, as \`${name}: 15s\`.`,
    }
  }
  const after = keyOf(limits.stuck_clients, 'after')
  if (typeof after !== 'string' || (parseDuration(after) ?? 0) <= longestMs) return
  yield {
    at: { path: ['checks', on, 'stuck_clients'] },
    message: `the scenario is over before an operation could have been under way for ${after}: this check passes whatever happens`,
    hint: 'Say after how long without an end a client is stuck, as `stuck_clients: { at_most: 0, after: 10s }`.',
  }
}

function atMostIn(limit: unknown): string[] {
  if (Array.isArray(limit)) return limit.flatMap(atMostIn)
  const text = typeof limit === 'string' ? limit : keyOf(limit, 'at_most')
  return typeof text === 'string' ? [text] : []
}

/** More than any step takes without `within`, `for` or `wait`. */
const STEP_MS = 60_000

/** The longest that a scenario can last; without end where that is not known. */
function longestRunMs({ scenario, moments, last }: Judged): number {
  if (scenario.steps.some(isRepeated)) return Number.POSITIVE_INFINITY
  const times = [...moments, ...last].map(({ step, arg }) => {
    const waitMs = step.verb === 'wait' && typeof arg === 'string' ? parseDuration(arg) : 0
    return STEP_MS + (step.withinMs ?? 0) + (step.forMs ?? 0) + (waitMs ?? 0)
  })
  return times.reduce((sum, ms) => sum + ms, 0)
}

/** Whether a master may be replaced because of it. */
function mayFailOver(moment: Moment): boolean {
  const { verb } = moment.step
  if (verb === 'start' || verb === 'unpause' || verb === 'heal') return false
  if (!['stop', 'kill', 'power-cut', 'pause', 'restart', 'partition'].includes(verb)) return true
  return nodesOf(moment)?.every(({ role }) => role === 'replica') !== true
}

function withoutFault(on: string, name: string): Found {
  return {
    at: { path: ['checks', on, name] },
    message: `\`${name}\` could hardly be violated: no step puts anything out of order`,
    hint: 'Add the fault that the load must survive, as `kill: master of shard 1`. `list` shows scenarios to begin with.',
  }
}

/** A phase that is over when the first fault begins. */
function* beforeFault(
  on: string,
  limits: Readonly<Record<string, unknown>>,
  { moments }: Judged,
  first: Moment,
): Iterable<Found> {
  const begun = moments.filter(({ step }) => step.phase !== undefined)
  for (const name of OF_FAULTS) {
    for (const phase of phasesNamed(limits[name])) {
      const at = begun.findIndex(({ step }) => step.phase === phase)
      const next = begun[at + 1]
      const isOnce = begun.filter(({ step }) => step.phase === phase).length === 1
      if (at < 0 || !next || !isOnce || moments.indexOf(next) > moments.indexOf(first)) continue
      yield {
        at: { path: ['checks', on, name] },
        message: `\`${name}\` during ${phase} could hardly be violated: the phase ends before the first fault (${stepWords(first)})`,
        hint: 'Name the phase of the fault or one after it, or leave `during` out.',
      }
    }
  }
}

function phasesNamed(limit: unknown): string[] {
  if (Array.isArray(limit)) return limit.flatMap(phasesNamed)
  const during = typeof limit === 'object' && limit !== null && 'during' in limit ? limit.during : undefined
  return typeof during === 'string' ? [during] : []
}
