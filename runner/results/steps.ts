import type { PlannedStep, RunEvent, StepOutcome } from '../record/events.ts'

/** A step that was begun. Times are ms from the scenario's start. */
export interface PlayedStep extends PlannedStep {
  startMs: number
  /** Deadline of the step, ms. */
  limitMs?: number | undefined
  /** Absent, as all below, where the record breaks off before the step ended. */
  endMs?: number
  durationMs?: number
  outcome?: StepOutcome
}

/** A part of a scenario, named by the step that it begins with. */
export interface Phase {
  name: string
  startMs: number
  endMs: number
}

/**
 * The steps of a scenario that were played, in the order of their beginning; `startMs` is its start on the events'
 * clock.
 */
export function playedSteps(events: readonly RunEvent[], startMs: number): PlayedStep[] {
  const steps = new Map<string, PlayedStep>()
  for (const event of events) {
    if (event.type === 'step-started') {
      const { step, atMs, limitMs } = event
      steps.set(step.path, { ...step, startMs: atMs - startMs, limitMs })
    } else if (event.type === 'step-ended') {
      const { step, atMs, durationMs, outcome } = event
      const limitMs = steps.get(step.path)?.limitMs
      // The limit may be known at the start of the step only.
      const limit = outcome.limitMs === undefined ? limitMs : outcome.limitMs
      steps.set(step.path, {
        ...step,
        startMs: atMs - durationMs - startMs,
        limitMs: limit,
        endMs: atMs - startMs,
        durationMs,
        outcome,
      })
    }
  }
  return [...steps.values()].sort((a, b) => a.startMs - b.startMs)
}

/** A phase lasts until the next one begins, the last one until `endMs`. */
export function phasesOf(steps: readonly PlayedStep[], endMs: number): Phase[] {
  const begins = steps.filter(({ phase }) => phase !== undefined)
  return begins.map(({ phase = '', startMs }, place) => ({
    name: phase,
    startMs,
    endMs: begins[place + 1]?.startMs ?? endMs,
  }))
}
