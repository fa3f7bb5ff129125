import type { History } from '../record/history.ts'
import type { RunFacts } from '../results/run-facts.ts'
import { serverOutages } from './outages/server-outages.ts'
import { momentText } from './words.ts'

/** A driver that has answered nothing for so long is silent, ms: longer than a pause of its runtime lasts. */
const SILENT_MS = 5000
/** Steps that leave the servers as they are; those that others are made of count by themselves. */
const HARMLESS: ReadonlySet<string> = new Set(['let', 'wait', 'expect', 'write', 'verify', 'parallel', 'repeat', 'use'])

/** A client driver that answered nothing any more, whichever server its operations were for. */
export interface Silence {
  workload: string
  driver: string
  /** When it last answered, ms from the scenario's start. */
  sinceMs: number
  lastWords: string
  /** Nothing had been done to the servers when it fell silent, and all of them took writes: they gave it no reason. */
  isUnprovoked: boolean
}

/** The silence of a workload's driver that lasted until its load was over; undefined without one. */
export function silenceOf(facts: RunFacts, workload: string): Silence | undefined {
  const seen = facts.clients?.unanswered[workload]
  if (seen?.silent === undefined) return undefined
  const { sinceMs } = seen.silent
  const untilMs = sinceMs + SILENT_MS
  const hasWaited = seen.operations.some((one) => one.sinceMs >= sinceMs && one.sinceMs + SILENT_MS <= seen.seenMs)
  return hasWaited ? { workload, ...seen.silent, isUnprovoked: !isProvokedBefore(facts, untilMs) } : undefined
}

function isProvokedBefore(facts: RunFacts, untilMs: number): boolean {
  return (provokedFromMs(facts) ?? Number.POSITIVE_INFINITY) <= untilMs
}

/** When something was first done to the servers, or they took no writes; undefined if that never was. */
export function provokedFromMs(facts: RunFacts): number | undefined {
  const begun = [
    ...facts.faults,
    ...facts.failovers,
    ...serverOutages(facts),
    ...facts.steps.filter(({ verb }) => !HARMLESS.has(verb)),
  ]
  return begun.length === 0 ? undefined : Math.min(...begun.map(({ startMs }) => startMs))
}

/** What a driver did by itself so that what came after shows nothing, in words; undefined if it did nothing of the kind. */
export function driverTrouble({ facts, history }: { facts: RunFacts; history: History }): string | undefined {
  const misdeed = facts.clients?.misdeeds?.[history.workload]
  if (misdeed) return `its driver ${misdeed.text}, at ${momentText(misdeed.seenMs)}`
  const silence = silenceOf(facts, history.workload)
  return silence?.isUnprovoked
    ? `its driver ${silenceText(silence)}, without a reason that the servers gave`
    : undefined
}

/** Where what is told of clients ends with their driver: ` until its driver ended with exit code 7, at 3.20 s`. */
export function untilTrouble(evidence: { facts: RunFacts; history: History }): string {
  const trouble = driverTrouble(evidence)
  return trouble === undefined ? '' : ` until ${trouble}`
}

/** `answered nothing any more from 4.18 s on`. */
export function silenceText({ sinceMs }: Silence): string {
  return `answered nothing any more from ${momentText(sinceMs)} on`
}
