import { formatDuration } from '../../base/duration.ts'
import { plural } from '../../base/text.ts'
import type { AuditFinding } from '../../record/audit-outcome.ts'
import type { StallObservation } from '../../record/observations.ts'
import type { AuditFacts } from '../../results/audit-facts.ts'
import { united } from '../../results/stalls.ts'
import { silenceOf, silenceText } from '../driver-trouble.ts'
import { momentText } from '../words.ts'
import type { AuditRule } from './rule.ts'

/** A run that stood still for more than this share of its time has hardly seen what it judges. */
const MOST_STALLED = 0.5
/** And for more than this, ms: a moment on a busy machine may be most of a run that is over at once. */
const LEAST_STALLED_MS = 2000
/** A machine that waits for less than this share of its time is not worth a word. */
const WORTH_A_WORD = 0.05

export const evidence: AuditRule = {
  name: 'evidence',
  sentence:
    'The run saw what it judges: its load was sent, by client drivers that kept to the protocol, its machine did not stand still, its clocks ran evenly, and what logs say is what nodes say.',
  reason: 'What was not seen is no evidence, neither for a pass nor for a failure.',
  judge(facts) {
    const { workloads, stalls, clockSteps, run } = facts
    const starved = workloads.flatMap(({ name, starved: why }): AuditFinding[] =>
      why === undefined ? [] : [{ text: `The load of ${name} shows little: ${why}`, nodes: [], inconclusive: true }],
    )
    const seen = [
      formatDuration(run.durationMs),
      ...(workloads.length === 0 ? [] : [plural(workloads.length, 'workload')]),
      ...(stalls.length === 0 ? [] : [`stood still for ${formatDuration(stalledMs(stalls))} in all`]),
      ...busyMachine(facts),
      ...(clockSteps.length === 0 ? [] : [`the wall clock was set ${plural(clockSteps.length, 'time')}`]),
    ]
    return {
      lookedAt: seen.join(', '),
      findings: [
        ...misdeeds(facts),
        ...silences(facts),
        ...starved,
        ...stoodStill(facts),
        ...stolen(facts),
        ...foreignLines(facts),
      ],
    }
  },
}

/** What the runner and its load lost, each moment once. */
function stalledMs(stalls: readonly StallObservation[]): number {
  const spans = united(stalls.map(({ fromMs, toMs }) => ({ startMs: fromMs, endMs: toMs })))
  return spans.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0)
}

/**
 * A stall by itself is no doubt: limits do not count it, and what claims something of that time says so. Nearly nothing
 * but stalls is.
 */
function stoodStill({ stalls, run }: AuditFacts): AuditFinding[] {
  const own = stalls.filter(({ who }) => who === 'runner')
  const [first] = own
  const lostMs = stalledMs(own)
  if (first === undefined || lostMs < Math.max(run.durationMs * MOST_STALLED, LEAST_STALLED_MS)) return []
  return [
    {
      text: `The runner stood still for ${formatDuration(lostMs)} of ${formatDuration(run.durationMs)}, first at ${momentText(first.fromMs)}`,
      nodes: [],
      atMs: first.fromMs,
      inconclusive: true,
      hint: 'the machine was paused, or too busy to run this program: play it again on a quieter one',
    },
  ]
}

/** What clients felt from then on was their driver's doing, and what they seemed to feel before may have been. */
function misdeeds({ misdeeds: seen }: AuditFacts): AuditFinding[] {
  return seen.map(({ workload, driver, seenMs, text, lastWords }) => ({
    text: `The client driver of ${workload} (${driver}) ${text}, at ${momentText(seenMs)}`,
    nodes: [],
    atMs: seenMs,
    inconclusive: true,
    voids: true,
    ...(lastWords !== '' && { details: [`its last words: ${lastWords}`] }),
    hint: `a driver's mistake says nothing of the servers: ${whereItSaid(workload, lastWords)}`,
  }))
}

/** It hangs, or its client library does: the latter is a finding of `stuck_clients`, which nothing here excuses. */
function silences({ run }: AuditFacts): AuditFinding[] {
  const workloads = Object.keys(run.clients?.unanswered ?? {})
  return workloads.flatMap((workload): AuditFinding[] => {
    const silence = silenceOf(run, workload)
    if (silence === undefined || !silence.isUnprovoked) return []
    const { driver, sinceMs, lastWords } = silence
    return [
      {
        text: `The client driver of ${workload} (${driver}) ${silenceText(silence)}, and nothing had been done to the servers by then: it hangs, or its client library does`,
        nodes: [],
        atMs: sinceMs,
        inconclusive: true,
        ...(lastWords !== '' && { details: [`its last words: ${lastWords}`] }),
        hint: `\`stuck_clients\` judges a client that hangs; ${whereItSaid(workload, lastWords)}`,
      },
    ]
  })
}

/** Its log is made with the first line that it says. */
function whereItSaid(workload: string, lastWords: string): string {
  return lastWords === ''
    ? 'the driver said nothing on stderr'
    : `history/${workload}.driver.log has all that the driver said on stderr`
}

function busyMachine({ machine }: AuditFacts): string[] {
  const { stolen = 0, waited = 0 } = machine ?? {}
  return [
    ...(waited < WORTH_A_WORD ? [] : [`something waited for a core for ${percent(waited)} of it`]),
    ...(stolen < WORTH_A_WORD ? [] : [`${percent(stolen)} of the cores' time went to other machines`]),
  ]
}

/** What waits for a core gets it in a moment; what a host takes away stands still for as long as that pleases. */
function stolen({ machine }: AuditFacts): AuditFinding[] {
  if (machine === undefined || machine.stolen < MOST_STALLED) return []
  return [
    {
      text: `The host of this machine gave ${percent(machine.stolen)} of its cores' time to others`,
      nodes: [],
      inconclusive: true,
      hint: 'what took long may have waited for a core: play it again on a quieter host',
    },
  ]
}

/** Of a script that repeats itself, so many lines are shown. */
const MOST_LINES = 5

/** A line that no server can have written is no evidence, and whoever wrote it may have written others. */
function foreignLines({ denied }: AuditFacts): AuditFinding[] {
  const findings = denied.slice(0, MOST_LINES).map(
    ({ node, atMs, text }): AuditFinding => ({
      text: `The log of ${node} says at ${momentText(atMs)}, and no node bears it out: ${text}`,
      nodes: [node],
      atMs,
      inconclusive: true,
      hint: 'a script can write lines into the log of its server (`redis.log`): look at what was played then; they count as nothing here',
    }),
  )
  const more = denied.length - findings.length
  if (more <= 0) return findings
  return [...findings, { text: `${plural(more, 'more line')} of this kind`, nodes: [], inconclusive: true }]
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
