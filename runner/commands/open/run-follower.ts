import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { GrowingFile } from '../../record/growing-file.ts'
import { placeInside } from '../../record/run-files.ts'
import { RunFolderError } from '../../record/run-folder.ts'
import type { LiveState } from '../../report/html/live/live-data.ts'
import { LiveLogs } from '../../report/html/live/live-logs.ts'
import { LiveRecord } from '../../report/html/live/live-record.ts'
import { liveState } from '../../report/html/live/live-state.ts'
import type { Fate } from '../../report/html/live/live-status.ts'
import { isAtWork } from './at-work.ts'

/** How often it is looked whether the runner is alive, ms. */
const LOOK_EVERY_MS = 2000
/** Of a log that is longer when it is first read, so much from its end. */
const LOG_BYTES = 500_000

/** Reads what a run writes, while it writes it. It reads files only: the run does not notice. */
export class RunFollower {
  readonly #folder: string
  readonly #clock: Clock
  readonly #events: GrowingFile
  readonly #record = new LiveRecord()
  #logs = new LiveLogs()
  #logFiles = new Map<string, GrowingFile>()
  #scenario = -1
  #fate: Fate = 'on'
  #lookedMs: number

  constructor(folder: string, clock: Clock) {
    this.#folder = folder
    this.#clock = clock
    this.#events = new GrowingFile(path.join(folder, 'events.jsonl'))
    this.#lookedMs = clock.nowMs()
  }

  get fate(): Fate {
    return this.#fate
  }

  /** Reads a piece of what was written since. `news`: there is something to show; `more`: there is more to read. */
  read(): { news: boolean; more: boolean } {
    if (this.#fate !== 'on') return { news: false, more: false }
    const { lines, more } = this.#events.read()
    for (const line of lines) this.#record.add(line)
    if (this.#record.scenario !== this.#scenario) this.#nextScenario()
    const added = more ? new Map<string, string[]>() : this.#readLogs()
    this.#logs.add(added)
    const isEnding = !more && lines.length === 0 && this.#hasEnded()
    return { news: lines.length > 0 || added.size > 0 || isEnding, more }
  }

  /** What a page shows now. Costs more the longer the scenario is. */
  state(): LiveState {
    return liveState(this.#record, this.#logs, this.#fate, this.#folder)
  }

  /** The time since the start of the scenario, ms: that of the last event, and what has passed since it was written. */
  nowMs(): number {
    const sinceMs = this.#clock.wallMs() - this.#events.changedMs
    return this.#record.lastMs + (sinceMs > 0 ? sinceMs : 0)
  }

  close(): void {
    this.#events.close()
    for (const file of this.#logFiles.values()) file.close()
  }

  #nextScenario(): void {
    this.#scenario = this.#record.scenario
    for (const file of this.#logFiles.values()) file.close()
    this.#logFiles = new Map()
    this.#logs = new LiveLogs()
  }

  /** The lines of each node that are new. */
  #readLogs(): Map<string, string[]> {
    for (const [node, name] of this.#record.logFiles) {
      const place = this.#logFiles.has(node) ? undefined : this.#placeOf(name)
      if (place !== undefined) this.#logFiles.set(node, new GrowingFile(place, { lastBytes: LOG_BYTES }))
    }
    const read = [...this.#logFiles].map(([node, file]): [string, string[]] => [node, file.read().lines])
    return new Map(read.filter(([, lines]) => lines.length > 0))
  }

  /** The record may come from anybody: nothing outside of the run's folder is read for it. */
  #placeOf(name: string): string | undefined {
    try {
      return placeInside(this.#folder, name)
    } catch (error) {
      if (error instanceof RunFolderError) return undefined
      throw error
    }
  }

  /** Looks whether the run is still on, when it is time to; to be asked when all was read. */
  #hasEnded(): boolean {
    const nowMs = this.#clock.nowMs()
    if (!this.#record.isRunOver && nowMs - this.#lookedMs < LOOK_EVERY_MS) return false
    this.#lookedMs = nowMs
    if (!existsSync(path.join(this.#folder, 'events.jsonl'))) this.#fate = 'vanished'
    else if (!isAtWork(this.#folder)) this.#fate = this.#record.isRunOver ? 'over' : 'silent'
    return this.#fate !== 'on'
  }
}
