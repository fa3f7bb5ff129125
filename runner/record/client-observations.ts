/**
 * What is seen of the clients of workloads beside their histories. Times are on the clock of the events (monotonic ms
 * from the start of the run).
 */

import type { AppEndObservation, MisdeedObservation } from './audit-observations.ts'
import type { ClientSummary } from './client-summary.ts'

/** An event of what was seen of the clients. */
export type ClientEvent = { scenario: number } & (
  | ({ type: 'connections-seen' } & ConnectionsObservation)
  | ({ type: 'unanswered-seen' } & UnansweredObservation)
  /** The client driver of a workload is ready: its client library, and what it can do. */
  | { type: 'driver-ready'; workload: string; name: string; version: string; can: string[] }
  | ({ type: 'driver-misbehaved' } & MisdeedObservation)
  /** What came of the client library of a workload, when everything was judged. */
  | ({ type: 'client-summed' } & ClientSummary)
  /** An application was started, and answered where it says that it is ready. */
  | ({ type: 'app-started' } & AppObservation)
  | ({ type: 'app-ready' } & AppObservation)
  | ({ type: 'app-ended' } & AppEndObservation)
)

/** Something became of an application. */
export interface AppObservation {
  app: string
  seenMs: number
}

/** How many of the operations that a client never ended are recorded one by one. */
export const MOST_UNANSWERED = 200

/** Operations that a client of a workload has not ended by itself, though nobody waits for them any more. */
export interface UnansweredObservation {
  workload: string
  /** When the load was over and this was looked at. */
  seenMs: number
  /** Those that it has not ended by then, the oldest first, at most `MOST_UNANSWERED`. */
  operations: UnansweredOperation[]
  /** How many there are. */
  count: number
  /** Operations that it ended after nobody waited for them any more. */
  late: number
  /** The longest that one of these took, ms; 0 without any. */
  longestLateMs: number
  /** Its driver has answered nothing of what was sent to it last. */
  silent?: SilentDriver
  /** What its driver said on stderr, bytes, where that is more than is kept. */
  flooded?: number
}

export interface SilentDriver {
  /** Its client with the version. */
  driver: string
  /** When it last said anything. */
  sinceMs: number
  /** The end of its log; empty if it said nothing. */
  lastWords: string
}

export interface UnansweredOperation {
  /** The client of the workload, from 0. */
  client: number
  slot: number
  /** When it was sent. */
  sinceMs: number
}

/**
 * What a server's list of connections showed of a workload, which has a user of its own there. It is recorded when the
 * load begins, when it is over, and whenever something has changed.
 */
export interface ConnectionsObservation {
  workload: string
  node: string
  /** When the server was asked. */
  seenMs: number
  /** `begin`: the last look before the first operation; `end`: the first after the last, before the client is closed. */
  moment?: 'begin' | 'end'
  /** The server gave no answer: what it has is not known, and the numbers are those of before. */
  silent?: true
  /** Connections that are open. */
  open: number
  /** Since the look before: those that are new, and those that are no more (all, if the server was started anew). */
  opened: number
  closed: number
}
