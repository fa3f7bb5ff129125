import { eventOfLine } from '../../../record/event-log.ts'
import type { EventOf, RunEvent } from '../../../record/events.ts'
import type { RunReport, ScenarioReport } from '../../../results/report-model.ts'
import { reduceRun } from '../../../results/run-model.ts'
import { HeldScenario } from './held-scenario.ts'

/** A scenario of the run that has ended, and is not the one that is shown. */
export interface PastScenario {
  id: string
  verdict: ScenarioReport['verdict']
  durationMs: number
}

/**
 * The record of a run as far as it was written. One scenario is shown; of several that are played side by side it is the
 * one that began first, and when it has ended the next.
 */
export class LiveRecord {
  /** Lines that are no events. */
  damagedLines = 0
  readonly #past: PastScenario[] = []
  #ofRun: RunEvent[] = []
  #shown: HeldScenario | undefined
  /** Scenarios that are under way beside it, by their place. */
  readonly #beside = new Map<number, HeldScenario>()
  #runStarted: EventOf<'run-started'> | undefined
  #runEnded: EventOf<'run-ended'> | undefined
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
    if (event.type === 'run-started') this.#runStarted ??= event
    if (event.type === 'run-ended') this.#runEnded = event
    if (event.type === 'scenario-started') this.#begin(new HeldScenario(event))
    const scenario = 'scenario' in event ? event.scenario : undefined
    if (scenario !== undefined) this.#addTo(scenario, event, line.length)
    else if (event.type === 'progress') this.#progress = event.text
    else this.#ofRun.push(event)
  }

  /** The place of the scenario that is shown; -1 before the first. */
  get scenario(): number {
    return this.#shown?.start.scenario ?? -1
  }

  /** The time of the last event, from the start of the scenario that is shown, ms. */
  get lastMs(): number {
    return this.#lastMs - (this.#shown?.start.atMs ?? 0)
  }

  get isScenarioOver(): boolean {
    return this.#shown?.end !== undefined
  }

  get isRunOver(): boolean {
    return this.#runEnded !== undefined
  }

  /** Old facts of a long scenario were let go. */
  get isThinned(): boolean {
    return this.#shown?.isThinned === true
  }

  get past(): readonly PastScenario[] {
    return this.#past
  }

  /** What is played beside the scenario that is shown, and what goes on there, in words. */
  get beside(): { id: string; doing: string }[] {
    return [...this.#beside.values()].map(({ start, doing }) => ({ id: start.id, doing }))
  }

  /** The last that was told of the setup, or of whatever is done beside steps. */
  get progress(): string {
    return this.#shown?.progress || (this.#shown === undefined || this.isScenarioOver ? this.#progress : '')
  }

  /** What each step that is under way saw last, by its path. */
  get running(): ReadonlyMap<string, string | undefined> {
    return this.#shown?.running ?? new Map()
  }

  /** The files of the logs of the nodes, once there is a cluster: paths within the run's folder, by node. */
  get logFiles(): ReadonlyMap<string, string> {
    const events = this.#shown?.events ?? []
    const ready = events.find((event) => event.type === 'cluster-ready')
    if (ready === undefined || this.#shown === undefined) return new Map()
    const { scenario, id } = this.#shown.start
    const folder = this.#runStarted?.scenarios === 1 ? 'nodes' : `nodes/${scenario + 1}-${id}`
    const added = events.flatMap((event) => (event.type === 'node-added' ? [event.node] : []))
    return new Map([...ready.cluster.nodes, ...added].map(({ name }) => [name, `${folder}/${name}.log`]))
  }

  /**
   * What the record comes to so far, with the scenario that is shown alone; undefined before the run's start. What is
   * under way is `interrupted` there.
   */
  report(folder: string): { run: RunReport; scenario: ScenarioReport | undefined } | undefined {
    if (this.#runStarted === undefined) return undefined
    const run = reduceRun([...this.#ofRun, ...(this.#shown?.events ?? [])], folder)
    return { run, scenario: run.scenarios[0] }
  }

  #begin(scenario: HeldScenario): void {
    const isBeside = (this.#runStarted?.lanes ?? 1) > 1
    if (this.#shown === undefined || this.#shown.end !== undefined || !isBeside) this.#show(scenario)
    else this.#beside.set(scenario.start.scenario, scenario)
  }

  #addTo(scenario: number, event: RunEvent, length: number): void {
    const held = scenario === this.scenario ? this.#shown : this.#beside.get(scenario)
    held?.add(event, length)
    if (event.type !== 'scenario-ended' || held === undefined) return
    if (held !== this.#shown) {
      this.#beside.delete(scenario)
      this.#past.push(pastOf(held))
      return
    }
    const [next] = this.#beside.values()
    if (next === undefined) return
    this.#beside.delete(next.start.scenario)
    this.#show(next)
  }

  #show(scenario: HeldScenario): void {
    if (this.#shown !== undefined) this.#past.push(pastOf(this.#shown))
    this.#shown = scenario
    this.#progress = ''
  }
}

/** Where the next began and this has no end, it broke off. */
function pastOf({ start, end }: HeldScenario): PastScenario {
  return { id: start.id, verdict: end?.verdict ?? 'interrupted', durationMs: end?.durationMs ?? 0 }
}
