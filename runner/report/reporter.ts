import type { RunEvent } from '../record/events.ts'

/** Tells of a run while it goes on. Fed with every event in order; `close` gives the terminal back, on every path. */
export interface Reporter {
  onEvent(event: RunEvent): void
  /** Idempotent. */
  close(): void
}
