import { formatDuration, formatLimit } from '../base/duration.ts'
import { displayWidth, oneLine, truncate } from '../base/text.ts'
import { describeShape } from '../record/cluster-shape.ts'
import type { EventOf, PlannedStep, RunEvent } from '../record/events.ts'
import { describeServers } from '../results/node-servers.ts'
import { depthOf } from '../results/step-path.ts'
import type { Paint } from './style.ts'
import { VERDICT_LOOKS } from './verdicts.ts'

/** The stream that progress goes to: stderr. */
export interface LiveStream {
  write(text: string): unknown
  isTTY?: boolean
  columns?: number
  rows?: number
}

/** Tells of a run while it goes on. Fed with every event in order; `close` gives the terminal back, on every path. */
export interface Reporter {
  onEvent(event: RunEvent): void
  /** Idempotent. */
  close(): void
}

/** Passed steps of later rounds of a repeat leave no line each: the repeat itself tells of them when it ends. */
const ROUNDS_TOLD = 3

/**
 * The lines that stay: what has happened, told once, whether the view redraws itself or not. Of scenarios that are played
 * side by side each is told as a whole, when it has ended.
 */
export class LiveStory {
  readonly #paint: Paint
  /** Lines that are held back until their scenario has ended; absent where scenarios follow each other. */
  #held: Map<number, string[]> | undefined
  readonly #playing = new Map<number, string>()
  /** Scenarios whose cluster is ready: from then on they tell of steps. */
  readonly #ready = new Set<number>()
  /** Columns that a line may take; a log has any number. */
  readonly #columns: () => number
  /** Reasons told already, by scenario: what holds a step up holds up the steps around it and the scenario too. */
  readonly #reported = new Map<number, string[]>()
  #scenarios = 1
  #started = 0

  constructor(paint: Paint, columns: () => number = () => Number.POSITIVE_INFINITY) {
    this.#paint = paint
    this.#columns = columns
  }

  /** The lines that are to be shown now that this event has come; none for most. `more`: what else is told of it. */
  linesOf(event: RunEvent, more: readonly string[] = []): string[] {
    if (event.type === 'run-started' && (event.lanes ?? 1) > 1) this.#held = new Map()
    const lines = [...this.#linesFor(event), ...more]
    const scenario = 'scenario' in event ? event.scenario : undefined
    if (this.#held === undefined || scenario === undefined) return lines
    const all = [...(this.#held.get(scenario) ?? []), ...lines]
    if (event.type === 'scenario-ended') {
      this.#held.delete(scenario)
      return all
    }
    if (lines.length > 0) this.#held.set(scenario, all)
    return []
  }

  /** What is held back of scenarios that have not ended; empty from then on. */
  rest(): string[] {
    const lines = [...(this.#held?.values() ?? [])].flat()
    this.#held?.clear()
    return lines
  }

  #linesFor(event: RunEvent): string[] {
    switch (event.type) {
      case 'run-started':
        this.#scenarios = event.scenarios
        return []
      case 'scenario-started':
        return this.#scenarioStarted(event)
      case 'cluster-ready':
        this.#ready.add(event.scenario)
        return [this.prefixOfLine(event.scenario) + this.#clusterReady(event)]
      case 'step-ended':
        return this.#stepEnded(event).map((line) => this.prefixOfLine(event.scenario) + line)
      case 'scenario-ended':
        return this.#scenarioEnded(event)
      case 'progress':
        return event.stays ? [`${this.prefixOfLine(event.scenario)}  ${oneLine(event.text)}`] : []
      case 'warning':
        return [`${this.prefixOfLine(event.scenario)}  ${this.#paint('yellow', `warning: ${oneLine(event.text)}`)}`]
      default:
        return []
    }
  }

  /** Whether the scenario is beyond its setup. */
  isPlaying(scenario: number | undefined): boolean {
    return scenario !== undefined && this.#ready.has(scenario)
  }

  /** Which scenario a line belongs to, where several are played side by side. */
  prefixOf(scenario: number | undefined): string {
    const id = scenario === undefined ? undefined : this.#playing.get(scenario)
    return id !== undefined && this.#playing.size > 1 ? this.#paint('dim', `[${id}] `) : ''
  }

  /** Of a line that stays: a scenario that is told as a whole needs none. */
  prefixOfLine(scenario: number | undefined): string {
    return this.#held === undefined ? this.prefixOf(scenario) : ''
  }

  #scenarioStarted({ scenario, id, title, seed, leftMs, repeat, client }: EventOf<'scenario-started'>): string[] {
    // Of several clients each plays the same.
    this.#playing.set(scenario, client === undefined ? id : `${id} through ${oneLine(client)}`)
    this.#started += 1
    const left = leftMs === undefined ? '' : `, about ${formatLeft(leftMs)} left`
    const number = repeat?.why === undefined ? `${this.#started} of ${this.#scenarios}` : 'again'
    const through = client === undefined ? '' : `, client ${oneLine(client)}`
    const place = this.#scenarios > 1 ? `, ${number}${left}` : ''
    return [
      `${this.#paint('bold', `${id}: ${oneLine(title)}`)} ${this.#paint('dim', `(seed ${seed}${place}${through})`)}`,
    ]
  }

  #clusterReady({ cluster, setupMs, server }: EventOf<'cluster-ready'>): string {
    const shape = describeShape(cluster, cluster.slots)
    return `  ${this.#paint('green', '✔')} cluster ready: ${oneLine(describeServers(server, cluster))}, ${shape}  ${this.#paint('dim', formatDuration(setupMs))}`
  }

  /** Whether `reason` is new; from now on it is not. */
  #isNews(scenario: number, reason: string): boolean {
    const reported = this.#reported.get(scenario) ?? []
    this.#reported.set(scenario, [...reported, reason])
    return !reported.some((one) => reason.includes(one))
  }

  #stepEnded({ scenario, step, durationMs, outcome }: EventOf<'step-ended'>): string[] {
    const { mark, word, format } = VERDICT_LOOKS[outcome.verdict]
    if (outcome.verdict === 'passed' && roundOf(step.path) > ROUNDS_TOLD) return []
    const head = outcome.verdict === 'passed' ? mark : `${mark} ${word}`
    const name = stepText(step)
    const took = formatDuration(durationMs)
    const note = outcome.note === undefined ? '' : `, ${oneLine(outcome.note)}`
    // What passed has one line; a failure is told whole, however long it is.
    const room = this.#columns() - displayWidth(`${this.prefixOfLine(scenario)}  ${head} ${name}  `) - 1
    const rest = outcome.verdict === 'passed' ? truncate(took + note, Math.max(room, displayWidth(took))) : took + note
    const line = `  ${this.#paint(format, head)} ${name}  ${this.#paint('dim', rest)}`
    const message = outcome.error?.message
    if (message === undefined || !this.#isNews(scenario, message)) return [line]
    return [line, `      ${this.#paint(format, oneLine(message))}`]
  }

  #scenarioEnded({ scenario, verdict, reason, durationMs }: EventOf<'scenario-ended'>): string[] {
    const { mark, word, format } = VERDICT_LOOKS[verdict]
    const prefix = this.prefixOfLine(scenario)
    const id = this.#playing.get(scenario) ?? ''
    this.#playing.delete(scenario)
    // The report that follows says how the only one ended, and why.
    if (this.#scenarios === 1) return ['']
    const tells = verdict !== 'passed' && reason !== undefined && this.#isNews(scenario, reason)
    const why = tells ? `: ${oneLine(reason)}` : ''
    const time = verdict === 'skipped' ? '' : ` in ${formatDuration(durationMs)}`
    // What is said of one that passed is how: a twin, by failing as it should.
    const told = verdict === 'passed' && reason !== undefined ? oneLine(reason) : word
    return [`${prefix}${this.#paint(format, `${mark} ${id} ${told}`)}${time}${why}`, '']
  }
}

/** To the second, or what is known no better: `8 s`, `2 min 10 s`, `1 h 20 min`. */
function formatLeft(leftMs: number): string {
  const exactMs = leftMs < 60_000 ? 1000 : 10_000
  return formatLimit(Math.max(Math.round(leftMs / exactMs), 1) * exactMs)
}

/** `4 redis-node1 is master`, further in for a step inside another. */
export function stepText(step: PlannedStep): string {
  return `${'  '.repeat(depthOf(step.path))}${step.path} ${oneLine(step.name)}`
}

/** The highest round that a step lies in; 0 outside of any repeat. */
function roundOf(path: string): number {
  return Math.max(0, ...[...path.matchAll(/#(\d+)/g)].map(([, number]) => Number(number)))
}
