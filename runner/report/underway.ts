import { oneLine } from '../base/text.ts'
import type { PlannedStep, RunEvent } from '../record/events.ts'
import { comparePaths } from '../results/step-path.ts'

/** A step that is being played. */
export interface RunningStep {
  scenario: number
  step: PlannedStep
  sinceMs: number
  limitMs?: number
  /** What it sees, in words; empty as long as it says nothing. */
  text: string
}

/** What goes on in a scenario (or, without one, in the run) outside of steps: setting up, reading data back. */
export interface Work {
  scenario: number | undefined
  text: string
  sinceMs: number
}

/** What is under way, from the events of a run. */
export class Underway {
  readonly #steps = new Map<string, RunningStep>()
  readonly #works = new Map<number | undefined, Work>()
  /** Somebody is asked something, and nothing goes on. */
  #paused = false

  /** Takes the next event in; `nowMs`: when it came, by the clock that asks how long things take. */
  follow(event: RunEvent, nowMs: number): void {
    switch (event.type) {
      case 'scenario-started':
        this.#works.delete(undefined)
        this.#begin(event.scenario, 'setting up', nowMs)
        break
      case 'progress':
        if (!event.stays) this.#begin(event.scenario, oneLine(event.text), nowMs)
        break
      case 'cluster-ready':
        this.#works.delete(event.scenario)
        this.#begin(event.scenario, 'getting ready for the first step', nowMs)
        break
      case 'step-started': {
        const { scenario, step, limitMs } = event
        // A limit that is infinity, or null once it went through JSON, is none.
        const limit = Number.isFinite(limitMs) && limitMs !== undefined ? { limitMs } : {}
        this.#works.delete(scenario)
        this.#steps.set(stepKey(event), { scenario, step, sinceMs: nowMs, text: '', ...limit })
        break
      }
      case 'step-progress': {
        const step = this.#stepAt(event)
        if (step !== undefined) step.text = oneLine(event.text)
        break
      }
      case 'step-ended':
        this.#steps.delete(stepKey(event))
        break
      case 'paused':
        this.#paused = true
        break
      case 'resumed':
        this.#paused = false
        break
      case 'scenario-ended':
        this.#works.delete(event.scenario)
        for (const [key, step] of this.#steps) if (step.scenario === event.scenario) this.#steps.delete(key)
        break
      case 'run-ended':
        this.clear()
        break
      default:
    }
  }

  clear(): void {
    this.#steps.clear()
    this.#works.clear()
  }

  /** In the order of the scenario. */
  get steps(): RunningStep[] {
    if (this.#paused) return []
    return [...this.#steps.values()].sort((a, b) => a.scenario - b.scenario || comparePaths(a.step.path, b.step.path))
  }

  /** Without those of scenarios that play a step meanwhile, which says more. */
  get works(): Work[] {
    if (this.#paused) return []
    const busy = new Set([...this.#steps.values()].map(({ scenario }) => scenario))
    return [...this.#works.values()].filter(({ scenario }) => scenario === undefined || !busy.has(scenario))
  }

  /** One thing after another is timed as a whole: setting up, or ending. */
  #begin(scenario: number | undefined, text: string, nowMs: number): void {
    this.#works.set(scenario, { sinceMs: nowMs, ...this.#works.get(scenario), scenario, text })
  }

  #stepAt({ scenario, index }: { scenario: number; index: number }): RunningStep | undefined {
    return [...this.#steps].find(([key]) => key.startsWith(`${scenario}:${index}:`))?.[1]
  }
}

function stepKey({ scenario, index, step }: { scenario: number; index: number; step: PlannedStep }): string {
  return `${scenario}:${index}:${step.path}`
}
