import { formatDuration } from '../../base/duration.ts'
import { poll } from '../../base/poll.ts'
import type { LogMoment, LogObservation } from '../../record/observations.ts'
import type { StepContext } from '../verb.ts'
import { LOOK_TIMEOUT_MS } from './subject.ts'

/** A line of a log is known so much later than what it tells, at most, ms. */
const LOGGED_WITHIN_MS = 1000
const EVERY_MS = 20

/** The commands that ask for a promotion, by what the node logs that accepted one. */
const REQUESTS: Readonly<Partial<Record<LogMoment, string>>> = {
  'manual accepted': 'CLUSTER FAILOVER',
  'force accepted': 'CLUSTER FAILOVER FORCE',
  'taken over': 'CLUSTER FAILOVER TAKEOVER',
}

/**
 * How a node lost a role that it had held since `sinceMs`, by the clock: who was promoted, when, and by what, as far as
 * the logs say. Nothing where it still has the role. Throws Error where it does not answer.
 */
export async function whyRoleBroke(
  node: string,
  role: 'master' | 'replica',
  context: StepContext,
  sinceMs: number,
): Promise<string[]> {
  const { report, master } = await context.cluster.lookAt(node, LOOK_TIMEOUT_MS)
  const heir = role === 'master' ? master : node
  if (report.replication.role === role || heir === undefined) return []
  const had = role === 'master' ? 'the master' : 'a replica'
  const subject = heir === node ? 'it' : heir
  return [`${node} was ${had} until ${subject} ${await promotionOf(heir, context, sinceMs)}`]
}

async function promotionOf(heir: string, { clock, signal, hindsight }: StepContext, sinceMs: number): Promise<string> {
  let lines: LogObservation[] = []
  const look = async () => {
    lines = hindsight.logged(sinceMs, clock.nowMs()).filter(({ node }) => node === heir)
    return { ok: lines.some(({ moment }) => moment === 'election won' || moment === 'taken over'), seen: '' }
  }
  await poll(look, { clock, signal, withinMs: LOGGED_WITHIN_MS, everyMs: EVERY_MS })
  const at = (line: LogObservation) => `at ${formatDuration(hindsight.momentOfLine(line))}`
  const last = lines.findLast(({ moment }) => moment === 'manual given up' || moment in REQUESTS)
  const request = last && REQUESTS[last.moment]
  if (last && request !== undefined) return `accepted a ${request} ${at(last)}`
  const won = lines.findLast(({ moment }) => moment === 'election won')
  return won ? `won an election ${at(won)}` : 'took its place'
}
