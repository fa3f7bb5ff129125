import type { EventOf, EventType, RunEvent } from '../../../record/events.ts'

/**
 * So much of the record of one scenario is held, characters: half an hour and more of a plain one. What is longer loses
 * its oldest looks.
 */
const MOST_HELD = 6_000_000
/** Facts that a page cannot do without. All others come again and again: what is now is seen without the oldest. */
const LASTING: ReadonlySet<EventType> = new Set([
  'scenario-started',
  'scenario-source',
  'cluster-ready',
  'node-added',
  'timing-seen',
  'clocks-seen',
  'check-judged',
  'audit-judged',
  'scenario-ended',
])

/** The record of one scenario as far as it was written, and what is under way in it. */
export class HeldScenario {
  readonly start: EventOf<'scenario-started'>
  end: EventOf<'scenario-ended'> | undefined
  /** Old facts were let go. */
  isThinned = false
  /** The last that was told of the setup, or of whatever is done beside steps. */
  progress = ''
  /** Steps that are under way, by path, with what they saw last. */
  readonly #running = new Map<string, { index: number; seen?: string }>()
  #events: { event: RunEvent; length: number }[] = []
  #held = 0
  #mostHeld = MOST_HELD

  constructor(start: EventOf<'scenario-started'>) {
    this.start = start
  }

  get events(): RunEvent[] {
    return this.#events.map(({ event }) => event)
  }

  /** What each step that is under way saw last, by its path. */
  get running(): ReadonlyMap<string, string | undefined> {
    return new Map([...this.#running].map(([path, { seen }]) => [path, seen]))
  }

  /** What goes on, in words; empty where nothing is told. */
  get doing(): string {
    const [path] = [...this.#running.keys()].slice(-1)
    const step = this.start.steps.find((one) => one.path === path)
    return step === undefined ? this.progress : `step ${step.path}: ${step.name}`
  }

  /** Takes the next of its events; `length`: of its line. */
  add(event: RunEvent, length: number): void {
    this.#note(event)
    // Only the last of these counts, and it is noted.
    if (event.type === 'progress' || event.type === 'step-progress') return
    this.#events.push({ event, length })
    this.#held += length
    if (this.#held > this.#mostHeld) this.#thin()
  }

  #note(event: RunEvent): void {
    switch (event.type) {
      case 'scenario-ended':
        this.end = event
        break
      case 'cluster-ready':
        this.progress = ''
        break
      case 'step-started':
        this.progress = ''
        this.#running.set(event.step.path, { index: event.index })
        break
      case 'step-ended':
        this.#running.delete(event.step.path)
        break
      case 'step-progress':
        for (const step of this.#running.values()) if (step.index === event.index) step.seen = event.text
        break
      case 'progress':
        this.progress = event.text
        break
    }
  }

  /** Of the facts that come again and again, the older half goes. */
  #thin(): void {
    const repeated = this.#events.filter(({ event }) => !LASTING.has(event.type))
    const gone = new Set(repeated.slice(0, Math.ceil(repeated.length / 2)))
    this.#events = this.#events.filter((held) => !gone.has(held))
    this.#held = this.#events.reduce((sum, { length }) => sum + length, 0)
    this.#mostHeld = Math.max(MOST_HELD, this.#held * 2)
    this.isThinned = true
  }
}
