import { closeSync, openSync, writeSync } from 'node:fs'
import type { Clock } from '../base/clock.ts'
import { ChaosError, messageOf } from '../base/errors.ts'
import { parseJson } from '../base/json.ts'
import { readPlainFile } from '../base/plain-file.ts'
import { reasonOf } from '../base/surroundings.ts'
import { METRIC_NAMES } from './comparison.ts'
import { EVENT_TYPES, problemOfEvent } from './event-shape.ts'
import { EVENTS_VERSION, type EventBody, type RunEvent } from './events.ts'
import { LOG_MOMENTS } from './observations.ts'
import { type Redact, redactor } from './redact.ts'

/** The event log cannot be written, or what stands in it cannot be read. */
export class EventLogError extends ChaosError {
  override name = 'EventLogError'
}

/** What a text can hold (V8: 512 MB less a little). */
const MOST_BYTES = 500_000_000

export type EventListener = (event: RunEvent) => void

export interface RecorderOptions {
  /** Path of `events.jsonl`; its folder exists. */
  file: string
  clock: Clock
  /** Texts that must not appear in any event: passwords. */
  secrets: readonly string[]
}

const FIXED_WORDS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    type: EVENT_TYPES,
    verdict: new Set([
      'passed',
      'failed',
      'error',
      'inconclusive',
      'interrupted',
      'not-run',
      'skipped',
      'not-evaluated',
      'regressed',
      'improved',
      'same',
      'too-few',
      'missing',
    ]),
    metric: new Set(METRIC_NAMES),
    outcome: new Set(['ok', 'failed', 'indeterminate']),
    role: new Set(['master', 'replica']),
    failing: new Set(['fail?', 'fail']),
    state: new Set(['ok', 'fail']),
    who: new Set(['runner', 'load']),
    servers: new Set(['ran', 'stood-still']),
    moment: new Set(LOG_MOMENTS),
  }),
)

/**
 * Stamps every fact of a run with the time since the recorder was made, hides secrets in it, appends it to
 * `events.jsonl` at once (what was recorded survives a crash of the runner), and hands it to the subscribers.
 *
 * `record` never throws for the file's sake, so that a full disk cannot keep a run from cleaning up: the first failure
 * is told to the subscribers as a warning, and `close` throws it.
 */
export class Recorder {
  readonly #file: string
  readonly #clock: Clock
  readonly #startMs: number
  readonly #redact: Redact
  readonly #listeners = new Set<EventListener>()
  #descriptor: number | undefined
  #failure: EventLogError | undefined

  /** Throws EventLogError if the file cannot be opened. */
  constructor(options: RecorderOptions) {
    this.#file = options.file
    this.#clock = options.clock
    this.#startMs = options.clock.nowMs()
    this.#redact = redactor(options.secrets, (key, text) => FIXED_WORDS.get(key)?.has(text) ?? false)
    try {
      this.#descriptor = openSync(options.file, 'a')
    } catch (cause) {
      throw new EventLogError(`The event log ${options.file} cannot be opened: ${reasonOf(cause)}`, { cause })
    }
  }

  /** Adds a listener for all events from now on; the returned function takes it away. */
  subscribe(listener: EventListener): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  /** Records one fact and returns it as recorded. Throws EventLogError after `close`. */
  record(body: EventBody): RunEvent {
    if (this.#descriptor === undefined) throw new EventLogError(`${body.type} was recorded after the log was closed`)
    const event: RunEvent = this.#redact({ atMs: this.#clock.nowMs() - this.#startMs, ...body })
    const failed = this.#failure === undefined ? this.#append(event) : undefined
    this.#tell(event)
    if (failed !== undefined) {
      this.#failure = failed
      this.#tell({ atMs: event.atMs, type: 'warning', text: failed.message })
    }
    return event
  }

  /** A text that is kept beside the events, with the run's secrets hidden in it. */
  hide(text: string): string {
    return this.#redact(text)
  }

  /** Where a moment of the monotonic clock lies on the clock of the events. */
  timeOf(nowMs: number): number {
    return nowMs - this.#startMs
  }

  /** Closes the file. Idempotent. Throws the first EventLogError of writing: the log on disk is then incomplete. */
  close(): void {
    if (this.#descriptor === undefined) return
    const descriptor = this.#descriptor
    this.#descriptor = undefined
    this.#listeners.clear()
    closeSync(descriptor)
    if (this.#failure !== undefined) throw this.#failure
  }

  #append(event: RunEvent): EventLogError | undefined {
    const line = Buffer.from(`${JSON.stringify(event)}\n`)
    try {
      for (let written = 0; written < line.length; ) {
        written += writeSync(this.#descriptor ?? -1, line, written)
      }
      return undefined
    } catch (cause) {
      const message = `The event log ${this.#file} cannot be written (${reasonOf(cause)}): reports of this run will be incomplete`
      return new EventLogError(message, { cause })
    }
  }

  #tell(event: RunEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event)
      } catch (error) {
        // A reporter with a bug must not end a run that has servers to clean up: it is switched off, and said so.
        this.#listeners.delete(listener)
        this.record({ type: 'warning', text: `A reporter failed and was switched off: ${messageOf(error)}` })
      }
    }
  }
}

/**
 * Reads `events.jsonl` back. A last line that was cut off by a crash is left out. Throws EventLogError if the file
 * cannot be read, if another line is not an event, or if it was written by a newer version of the runner.
 */
export function readEvents(file: string): RunEvent[] {
  const lines = readLines(file)
  const events: RunEvent[] = []
  for (const [index, line] of lines.entries()) {
    const found = parseJson(line)
    // Of a newer version nothing else is known, not even what its events must have.
    const version = newerVersion(found)
    if (version !== undefined) {
      throw new EventLogError(
        `${file} has version ${version} of the event log; this runner reads up to ${EVENTS_VERSION}: use a newer runner`,
      )
    }
    // Only what is no JSON was cut off.
    if (found === undefined && index === lines.length - 1) break
    if (!isEvent(found)) {
      const place = `${file}, line ${index + 1}`
      const why =
        found === undefined
          ? `expected an event as one JSON object, found: ${line.slice(0, 80)}`
          : problemOfEvent(found)
      throw new EventLogError(
        `${place}: ${why}; the record is damaged: restore it, or take this line out to do without`,
      )
    }
    events.push(found)
  }
  return events
}

/** The event that a line of `events.jsonl` holds; undefined where it is none that this version of the runner knows. */
export function eventOfLine(line: string): RunEvent | undefined {
  const found = parseJson(line)
  return newerVersion(found) === undefined && isEvent(found) ? found : undefined
}

function readLines(file: string): string[] {
  let text: string
  try {
    text = readPlainFile(file, { most: MOST_BYTES, links: 'refuse' }).toString()
  } catch (cause) {
    throw new EventLogError(`The event log ${file} cannot be read: ${reasonOf(cause)}`, { cause })
  }
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}

function isEvent(value: unknown): value is RunEvent {
  return problemOfEvent(value) === undefined
}

function newerVersion(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null || !('type' in value) || !('version' in value)) return undefined
  const { type, version } = value
  return type === 'run-started' && typeof version === 'number' && version > EVENTS_VERSION ? version : undefined
}
