import { eventOfLine } from '../../../record/event-log.ts'
import type { EventOf, EventType, RunEvent } from '../../../record/events.ts'
import type { RunReport, ScenarioReport } from '../../../results/report-model.ts'
import { reduceRun } from '../../../results/run-model.ts'

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

/** A scenario of the run that another has followed. */
export interface PastScenario {
  id: string
  verdict: ScenarioReport['verdict']
  durationMs: number
}

/** The record of a run as far as it was written, of which only the scenario that began last is held whole. */
export class LiveRecord {
  /** Lines that are no events. */
  damagedLines = 0
  /** Old facts of a long scenario were let go. */
  isThinned = false
  readonly #past: PastScenario[] = []
  #ofRun: RunEvent[] = []
  #ofScenario: { event: RunEvent; length: number }[] = []
  #held = 0
  #mostHeld = MOST_HELD
  #start: EventOf<'scenario-started'> | undefined
  #isScenarioOver = false
  #runEnded: EventOf<'run-ended'> | undefined
  /** Steps that are under way, by path, with what they saw last. */
  readonly #running = new Map<string, { index: number; seen?: string }>()
  #progress = ''
  #lastMs = 0

  /** Takes the next line of `events.jsonl`. */
  add(line: string): void {
    const event = eventOfLine(line)
    if (event === undefined) {
      this.damagedLines += 1
      return
    }
    this.#lastMs = event.atMs
    this.#note(event)
    // Only the last of these counts, and it is noted.
    if (event.type === 'progress' || event.type === 'step-progress') return
    if (!('scenario' in event) || event.scenario === undefined) {
      this.#ofRun.push(event)
      return
    }
    this.#ofScenario.push({ event, length: line.length })
    this.#held += line.length
    if (this.#held > this.#mostHeld) this.#thin()
  }

  /** The place of the scenario that began last; -1 before the first. */
  get scenario(): number {
    return this.#start?.scenario ?? -1
  }

  /** The time of the last event, from the start of the scenario, ms. */
  get lastMs(): number {
    return this.#lastMs - (this.#start?.atMs ?? 0)
  }

  get isScenarioOver(): boolean {
    return this.#isScenarioOver
  }

  get isRunOver(): boolean {
    return this.#runEnded !== undefined
  }

  get past(): readonly PastScenario[] {
    return this.#past
  }

  /** The last that was told of the setup, or of whatever is done beside steps. */
  get progress(): string {
    return this.#progress
  }

  /** What each step that is under way saw last, by its path. */
  get running(): ReadonlyMap<string, string | undefined> {
    return new Map([...this.#running].map(([path, { seen }]) => [path, seen]))
  }

  /** The files of the logs of the nodes, once there is a cluster: paths within the run's folder, by node. */
  get logFiles(): ReadonlyMap<string, string> {
    const ready = this.#ofScenario.find(({ event }) => event.type === 'cluster-ready')?.event
    const started = this.#ofRun.find((event) => event.type === 'run-started')
    if (ready?.type !== 'cluster-ready' || this.#start === undefined) return new Map()
    const { scenario, id } = this.#start
    const folder = started?.scenarios === 1 ? 'nodes' : `nodes/${scenario + 1}-${id}`
    const added = this.#ofScenario.flatMap(({ event }) => (event.type === 'node-added' ? [event.node] : []))
    return new Map([...ready.cluster.nodes, ...added].map(({ name }) => [name, `${folder}/${name}.log`]))
  }

  /**
   * What the record comes to so far, with the scenario that began last alone; undefined before the run's start. What is
   * under way is `interrupted` there.
   */
  report(folder: string): { run: RunReport; scenario: ScenarioReport | undefined } | undefined {
    if (!this.#ofRun.some(({ type }) => type === 'run-started')) return undefined
    const run = reduceRun([...this.#ofRun, ...this.#ofScenario.map(({ event }) => event)], folder)
    return { run, scenario: run.scenarios[0] }
  }

  #note(event: RunEvent): void {
    switch (event.type) {
      case 'scenario-started':
        this.#next(event)
        break
      case 'scenario-ended':
        if (event.scenario === this.scenario) this.#isScenarioOver = true
        break
      case 'cluster-ready':
        this.#progress = ''
        break
      case 'step-started':
        this.#progress = ''
        this.#running.set(event.step.path, { index: event.index })
        break
      case 'step-ended':
        this.#running.delete(event.step.path)
        break
      case 'step-progress':
        for (const step of this.#running.values()) if (step.index === event.index) step.seen = event.text
        break
      case 'progress':
        this.#progress = event.text
        break
      case 'run-ended':
        this.#runEnded = event
        break
    }
  }

  #next(start: EventOf<'scenario-started'>): void {
    const before = this.#start
    if (before !== undefined) {
      const ended = this.#ofScenario.find(({ event }) => event.type === 'scenario-ended')?.event
      const { verdict, durationMs } =
        ended?.type === 'scenario-ended' ? ended : { verdict: 'interrupted' as const, durationMs: 0 }
      this.#past.push({ id: before.id, verdict, durationMs })
    }
    this.#start = start
    this.#isScenarioOver = false
    this.#ofScenario = []
    this.#held = 0
    this.#mostHeld = MOST_HELD
    this.#running.clear()
    this.#progress = ''
  }

  /** Of the facts that come again and again, the older half goes. */
  #thin(): void {
    const repeated = this.#ofScenario.filter(({ event }) => !LASTING.has(event.type))
    const gone = new Set(repeated.slice(0, Math.ceil(repeated.length / 2)))
    this.#ofScenario = this.#ofScenario.filter((held) => !gone.has(held))
    this.#held = this.#ofScenario.reduce((sum, { length }) => sum + length, 0)
    this.#mostHeld = Math.max(MOST_HELD, this.#held * 2)
    this.isThinned = true
  }
}
