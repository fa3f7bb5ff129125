import { plural } from '../../base/text.ts'
import type { AlarmObservation, AppEndObservation, ServerEndObservation } from '../../record/audit-observations.ts'
import type { AuditFinding } from '../../record/audit-outcome.ts'
import type { AuditFacts } from '../../results/audit-facts.ts'
import { momentText } from '../words.ts'
import type { AuditRule } from './rule.ts'

/** A crash report is logged right before its server ends: what comes within this, ms, is one crash. */
const ONE_CRASH_MS = 5000

/** 128 + SIGKILL, as engines and shells report it. */
const KILLED = 137

/** A server that is told to end by a step does as it is told. */
const ENDING_COMMANDS: ReadonlySet<string> = new Set(['SHUTDOWN', 'DEBUG RESTART'])

export const crash: AuditRule = {
  name: 'crash',
  sentence:
    'No server and no application ended, crashed or started again without being asked to, and no server logged a crash or an assertion.',
  reason: 'What crashes by itself has a bug, whatever the steps of the scenario were looking at.',
  judge(facts) {
    const wanting = facts.ends.filter((end) => lackedMemory(facts, end))
    const ends = facts.ends.filter((end) => !wanting.includes(end) && !wasAsked(facts, end.node, end.seenMs))
    const alarms = facts.alarms.filter(
      (alarm) =>
        !wasAsked(facts, alarm.node, alarm.seenMs) &&
        // A server that gets no memory aborts, and reports that as a crash.
        !wanting.some((end) => gotNoMemory(facts, end) && isOneCrash(alarm, end)),
    )
    const starts = facts.starts.filter(
      ({ node, seenMs }) => !wasAsked(facts, node, seenMs) && !ends.some((end) => end.node === node),
    )
    const findings = [
      ...facts.appEnds.map(appEnded),
      ...ends.map((end) =>
        ended(
          end,
          alarms.find((alarm) => isOneCrash(alarm, end)),
        ),
      ),
      ...alarms.filter((alarm) => !ends.some((end) => isOneCrash(alarm, end))).map(logged),
      ...starts.map(
        ({ node, seenMs }): AuditFinding => ({
          text: `${node} started again by itself at ${momentText(seenMs)}`,
          nodes: [node],
          atMs: seenMs,
          hint: `look at the log of ${node}: nothing in the scenario asked for this`,
        }),
      ),
    ]
    const lookedAt =
      facts.nodes.length === 0 ? 'servers before they were a cluster' : plural(facts.nodes.length, 'server')
    return { lookedAt, findings }
  },
}

function isOneCrash(alarm: AlarmObservation, end: ServerEndObservation): boolean {
  return alarm.node === end.node && Math.abs(end.seenMs - alarm.seenMs) <= ONE_CRASH_MS
}

function ended(
  { node, seenMs: gone, text, outOfMemory = false, lastLines }: ServerEndObservation,
  report: AlarmObservation | undefined,
): AuditFinding {
  // Its report was logged before anyone saw that it was gone.
  const seenMs = Math.min(gone, report?.seenMs ?? gone)
  return {
    text: `${node} ended by itself at ${momentText(seenMs)}: ${text}${outOfMemory ? ', for want of memory' : ''}`,
    nodes: [node],
    atMs: seenMs,
    details: report?.lines ?? lastLines,
    hint: `look at the log of ${node}: nothing in the scenario asked for this`,
  }
}

/** It is the application's own end, and what its users felt from then on is not the servers' doing. */
function appEnded({ app, seenMs, text, lastWords }: AppEndObservation): AuditFinding {
  return {
    text: `The application ${app} ${text}, at ${momentText(seenMs)}`,
    nodes: [],
    atMs: seenMs,
    ...(lastWords !== '' && { details: [`its last words: ${lastWords}`] }),
    hint: `look at the log of ${app}: what its users felt from then on is no fault of the servers`,
  }
}

function logged({ node, seenMs, kind, lines }: AlarmObservation): AuditFinding {
  // A report begins with a line that says only what it is: the next one has the signal, or the condition.
  const telling = lines.find((line) => !HEADING.test(line)) ?? lines[0] ?? ''
  return {
    text: `${node} logged ${kind === 'assertion' ? 'an' : 'a'} ${kind} at ${momentText(seenMs)}: ${telling}`,
    nodes: [node],
    atMs: seenMs,
    details: lines.filter((line) => line !== telling),
  }
}

const HEADING = /^=== (?:(?:REDIS|VALKEY|REDICT) BUG REPORT START|ASSERTION FAILED)/

/** Ended by the system, under a limit that a step had set, as it is meant to be. */
function lackedMemory(facts: AuditFacts, end: ServerEndObservation): boolean {
  const { node, seenMs, exitCode } = end
  if (exitCode !== KILLED && !gotNoMemory(facts, end)) return false
  return facts.run.faults.some(
    ({ endsServers, nodes, startMs, endMs }) =>
      endsServers === true && nodes.includes(node) && startMs <= seenMs && seenMs <= endMs + ONE_CRASH_MS,
  )
}

/** The platform says so, or its log: some versions abort in a way that looks like any crash. */
function gotNoMemory({ alarms }: AuditFacts, end: ServerEndObservation): boolean {
  return end.outOfMemory === true || alarms.some((one) => one.kind === 'failed allocation' && isOneCrash(one, end))
}

function wasAsked({ commands }: AuditFacts, node: string, atMs: number): boolean {
  return commands.some(
    ({ command, nodes, startMs }) =>
      ENDING_COMMANDS.has(command) && nodes.includes(node) && startMs <= atMs && atMs <= startMs + ONE_CRASH_MS,
  )
}
