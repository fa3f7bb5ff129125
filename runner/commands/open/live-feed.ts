import type { ServerResponse } from 'node:http'
import type { Clock } from '../../base/clock.ts'
import { changeBetween } from '../../report/html/live/live-change.ts'
import type { LiveMessage, LiveState } from '../../report/html/live/live-data.ts'
import { livePage } from '../../report/html/live/live-page.ts'
import { shownJson } from '../../report/html/markup.ts'
import { RunFollower } from './run-follower.ts'
import { Viewers } from './viewers.ts'

/** The files of the run are looked at this often, ms. */
const READ_EVERY_MS = 250
/** Viewers are told of news this often at most, ms: faster, nobody can follow. */
const TELL_EVERY_MS = 500
/** For each ms that a state takes to be made, so many pass without: the longer a run is, the rarer its page is told. */
const REST = 10
/** So much goes to all viewers together on average, bytes per ms. */
const MOST_BYTES_PER_MS = 4000

/** What a run writes, as the pages get it that follow it: each piece of news is made once, for all of them. */
export class LiveFeed {
  readonly #clock: Clock
  readonly #follower: RunFollower
  readonly #viewers = new Viewers()
  #state: LiveState
  /** The state as the whole message, once somebody needed it. */
  #whole: string | undefined
  #hasNews = false
  #tellAtMs = 0
  #timer: NodeJS.Timeout | undefined

  constructor(folder: string, clock: Clock) {
    this.#clock = clock
    this.#follower = new RunFollower(folder, clock)
    this.#state = this.#follower.state()
    this.#read()
  }

  get viewers(): number {
    return this.#viewers.count
  }

  /** The run is no longer on. */
  get hasEnded(): boolean {
    return this.#follower.fate !== 'on'
  }

  /** It ended in order: there is a report. */
  get hasReport(): boolean {
    return this.#follower.fate === 'over'
  }

  /** The page as it is now. */
  page(): string {
    if (this.#hasNews) this.#tell()
    return livePage(this.#state, this.#follower.nowMs())
  }

  /** Has a page follow from now on. One that was made while the run was on, and asks after its end, is told so. */
  add(response: ServerResponse): void {
    this.#viewers.add(response, this.#wholeMessage())
    if (this.hasReport) this.#viewers.dismiss()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#viewers.close()
    this.#follower.close()
  }

  #read(): void {
    const { news, more } = this.#follower.read()
    this.#hasNews ||= news
    if (this.hasReport) this.#viewers.dismiss()
    else if (this.#hasNews && !more && this.viewers > 0) this.#tell()
    // A long record is read piece by piece: whoever asks meanwhile is answered in between.
    if (!this.hasEnded || this.#hasNews) this.#timer = setTimeout(() => this.#read(), more ? 0 : READ_EVERY_MS)
  }

  /** Makes the state anew, unless that was done just now, and tells the viewers what has changed. */
  #tell(): void {
    const startMs = this.#clock.nowMs()
    if (startMs < this.#tellAtMs) return
    const before = this.#state
    this.#state = this.#follower.state()
    this.#whole = undefined
    this.#hasNews = false
    const message =
      before.scenario === this.#state.scenario
        ? this.#message({ change: changeBetween(before, this.#state) })
        : this.#wholeMessage()
    this.#viewers.send(message, () => this.#wholeMessage(), startMs)
    const tookMs = this.#clock.nowMs() - startMs
    const sendingMs = (message.length * this.viewers) / MOST_BYTES_PER_MS
    this.#tellAtMs = startMs + Math.max(TELL_EVERY_MS, tookMs * REST, sendingMs)
  }

  #wholeMessage(): string {
    this.#whole ??= this.#message({ state: this.#state })
    return this.#whole
  }

  #message(what: { state: LiveState } | { change: ReturnType<typeof changeBetween> }): string {
    const message: LiveMessage = { nowMs: this.#follower.nowMs(), ...what }
    return shownJson(message)
  }
}
