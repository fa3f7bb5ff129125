import type { Clock } from '../base/clock.ts'
import type { CrashKind } from '../base/crash-kind.ts'
import { crashKindOf } from '../platforms/crash-log.ts'
import { PlatformError } from '../platforms/errors.ts'
import { isBegin, readStamp } from '../platforms/log-stamp.ts'
import type { LogLine, NodeState, ServerGroup } from '../platforms/platform.ts'
import type { AlarmObservation } from '../record/audit-observations.ts'
import type { Recorder } from '../record/event-log.ts'
import { ENDS, type ServerAction } from './watched-servers.ts'

/** Of a report, so many lines are kept, as long as they come within this, ms. */
const KEPT_LINES = 8
const REPORT_WITHIN_MS = 3000
const LAST_LINES = 6

type Seen = 'up' | keyof SilentServers | undefined

/** Servers that give no answer, by why. */
export interface SilentServers {
  /** A step stopped or paused them, or they ended by themselves, which is a finding of its own. */
  absent: string[]
  /** They stand still, and no step paused them. */
  frozen: string[]
}

export interface ServerWatchOptions {
  recorder: Recorder
  clock: Clock
  /** Place of the scenario in the run, from 0. */
  scenario: number
}

/**
 * Watches for what no step asked of the servers: ends, starts, and crashes told by their logs. It hears of what the run
 * itself does to them.
 */
export class ServerWatch {
  readonly #options: ServerWatchOptions
  readonly #lastLines = new Map<string, string[]>()
  readonly #reports = new Map<string, AlarmObservation & { untilMs: number }>()
  /** Servers that the run has ended, and those whose end was recorded. */
  readonly #down = new Set<string>()
  readonly #paused = new Set<string>()
  /** How servers were started whose logs have not told of it yet, in order. */
  readonly #lives = new Map<string, ServerAction[]>()
  /** Servers that are meant to refuse to start, as far as their logs were read: what they complain of is no alarm. */
  readonly #refusing = new Set<string>()
  readonly #looking = new Map<string, Promise<Seen>>()
  /** How often the run began or ended doing something to a server: what was looked up before is then out of date. */
  readonly #acts = new Map<string, number>()
  /** How often a server may still begin: once by itself, and whenever the run starts it. */
  readonly #mayBegin = new Map<string, number>()
  #servers: ServerGroup | undefined
  #stopped = false

  constructor(options: ServerWatchOptions) {
    this.#options = options
  }

  /** From now on servers that give no answer are looked at. */
  start(servers: ServerGroup): void {
    this.#servers = servers
  }

  /** Before the run starts a server, whether it had ended by itself is looked up: nobody can tell afterwards. */
  async onBegin(action: ServerAction, node: string): Promise<void> {
    const starts = action === 'start' || action === 'restart' || action === 'start in vain'
    if (starts && !this.#down.has(node)) await this.#look(node)
    this.#noteAct(node)
    if (ENDS.has(action) || action === 'restart' || action === 'start in vain') this.#down.add(node)
    if (starts) this.#lives.set(node, [...(this.#lives.get(node) ?? []), action])
    if (action === 'pause') this.#paused.add(node)
    else this.#paused.delete(node)
    if (starts) this.#mayBegin.set(node, this.#beginsLeft(node) + 1)
  }

  onDone(action: ServerAction, node: string): void {
    this.#noteAct(node)
    if (action === 'start' || action === 'restart') this.#down.delete(node)
  }

  onSilence(node: string): void {
    void this.#look(node)
  }

  /** Takes a line of a node's log, every one from the first. */
  readLine(node: string, line: LogLine): void {
    if (this.#stopped) return
    const text = readStamp(line.text)?.message ?? line.text
    this.#lastLines.set(node, [...(this.#lastLines.get(node) ?? []), line.text].slice(-LAST_LINES))
    const nowMs = this.#options.clock.nowMs()
    const report = this.#reports.get(node)
    if (report && nowMs < report.untilMs && report.lines.length < KEPT_LINES) {
      if (text.trim() !== '') report.lines.push(text)
      return
    }
    const kind = crashKindOf(text)
    if (kind !== undefined && this.#refusing.has(node)) return
    if (kind !== undefined) this.#beginReport(node, kind, text, nowMs)
    else if (isBegin(text)) this.#noteBegin(node, nowMs)
  }

  /** Looks at every server once more; resolves with those that do not run, as the platform has it. */
  async lookAtAll(): Promise<SilentServers> {
    const names = (this.#servers?.nodes ?? []).map(({ name }) => name)
    const seen = await Promise.all(names.map((name) => this.#look(name)))
    const of = (what: Seen) => names.filter((_, index) => seen[index] === what)
    return { absent: of('absent'), frozen: of('frozen') }
  }

  /** Ends the watching, and records reports that were still coming in. Idempotent. */
  stop(): void {
    if (this.#stopped) return
    for (const node of [...this.#reports.keys()]) this.#flush(node)
    this.#stopped = true
  }

  #noteAct(node: string): void {
    this.#acts.set(node, (this.#acts.get(node) ?? 0) + 1)
  }

  #beginsLeft(node: string): number {
    return this.#mayBegin.get(node) ?? 1
  }

  #noteBegin(node: string, nowMs: number): void {
    const [life, ...later] = this.#lives.get(node) ?? []
    this.#lives.set(node, later)
    if (life === 'start in vain') this.#refusing.add(node)
    else this.#refusing.delete(node)
    const left = this.#beginsLeft(node)
    this.#mayBegin.set(node, Math.max(left - 1, 0))
    if (left > 0) return
    const { recorder, scenario } = this.#options
    recorder.record({ type: 'server-started', scenario, node, seenMs: recorder.timeOf(nowMs) })
  }

  /** How the server is; an end that nobody asked for is recorded. Undefined where that is not known. */
  #look(node: string): Promise<Seen> {
    const underWay = this.#looking.get(node)
    if (underWay !== undefined) return underWay
    const look = this.#lookOnce(node).finally(() => this.#looking.delete(node))
    this.#looking.set(node, look)
    return look
  }

  async #lookOnce(node: string): Promise<Seen> {
    const acts = this.#acts.get(node)
    const state = await this.#stateOf(node)
    if (state === undefined || this.#stopped || this.#acts.get(node) !== acts) return undefined
    if (state.status === 'running') return 'up'
    if (state.status === 'paused') return this.#paused.has(node) ? 'absent' : 'frozen'
    if (this.#down.has(node)) return 'absent'
    this.#down.add(node)
    const { recorder, scenario, clock } = this.#options
    recorder.record({
      type: 'server-ended',
      scenario,
      node,
      seenMs: recorder.timeOf(clock.nowMs()),
      text: state.text,
      lastLines: this.#lastLines.get(node) ?? [],
      ...(state.exitCode === undefined ? {} : { exitCode: state.exitCode }),
      ...(state.oomKilled === true ? { outOfMemory: true } : {}),
    })
    return 'absent'
  }

  /** Undefined before there are servers, and where the platform does not answer: whoever watches it finds that. */
  async #stateOf(node: string): Promise<NodeState | undefined> {
    try {
      return await this.#servers?.state(node)
    } catch (error) {
      if (error instanceof PlatformError) return undefined
      throw error
    }
  }

  #beginReport(node: string, kind: CrashKind, text: string, nowMs: number): void {
    this.#flush(node)
    const seenMs = this.#options.recorder.timeOf(nowMs)
    this.#reports.set(node, { node, seenMs, kind, lines: [text], untilMs: nowMs + REPORT_WITHIN_MS })
  }

  #flush(node: string): void {
    const report = this.#reports.get(node)
    if (report === undefined) return
    this.#reports.delete(node)
    const { untilMs: _, ...alarm } = report
    this.#options.recorder.record({ type: 'alarm-seen', scenario: this.#options.scenario, ...alarm })
  }
}
