import { uptime } from 'node:os'
import type { Clock } from '../base/clock.ts'
import type { Stall } from '../base/pulse.ts'
import type { LiveCluster } from '../cluster/live-cluster.ts'
import { NodeClient } from '../cluster/node-client.ts'
import { serversMeanwhile } from '../cluster/servers-meanwhile.ts'
import type { Recorder } from '../record/event-log.ts'

export interface StallWatchOptions {
  recorder: Recorder
  clock: Clock
  /** Place of the scenario in the run, from 0. */
  scenario: number
  /** How long the machine has been up, its sleep included, ms. */
  upMs?: () => number
}

const LOOK_EVERY_MS = 200
/** Less than this between the clocks is how they are read, and how a wall clock is slewed, ms. */
const STEP_MS = 100
/** How fast a wall clock may be slewed without being set, and the oscillators drift: as `record/wall-clock.ts` has it. */
const SLEW = 0.001
/** Readings of both clocks further apart than this were interrupted, ms: they are read again. */
const READ_WITHIN_MS = 5
const READINGS = 5

/** Clocks at one moment, each ms. */
interface Reading {
  nowMs: number
  wallMs: number
  upMs: number
  /** How long reading them took. */
  tookMs: number
}

/**
 * Records when the runner's thread stood still while a scenario was played, and when the wall clock was set: what the
 * runner did not see, or saw late, must not pass for what the servers did.
 */
export class StallWatch {
  readonly #options: Required<StallWatchOptions>
  readonly #ended = new AbortController()
  readonly #watching: Promise<void>
  #clients: NodeClient[] = []
  /** What servers did during a stall, by its end: they can say so only soon after. */
  readonly #servers = new Map<number, ReturnType<typeof serversMeanwhile>>()
  #last: Reading
  #toldUntilMs: number

  constructor(options: StallWatchOptions) {
    this.#options = { upMs: () => uptime() * 1000, ...options }
    this.#last = this.#read()
    this.#toldUntilMs = this.#last.nowMs
    this.#watching = this.#watch()
  }

  /** From now on the servers are asked what they did meanwhile. */
  ask(cluster: LiveCluster): void {
    this.#clients = cluster.nodes.map(({ name }) => new NodeClient(cluster.address(name)))
  }

  /** Resolves when all that was seen is recorded. Idempotent. */
  async stop(): Promise<void> {
    this.#ended.abort()
    await this.#watching
    for (const client of this.#clients) client.close()
  }

  /** What the servers did while the runner stood still; undefined if nobody can say. */
  serversDuring(stall: Stall): ReturnType<typeof serversMeanwhile> {
    const known = this.#servers.get(stall.toMs)
    const asked = known ?? serversMeanwhile(this.#clients, stall, this.#options.clock)
    this.#servers.set(stall.toMs, asked)
    return asked
  }

  async #watch(): Promise<void> {
    const { clock } = this.#options
    const { signal } = this.#ended
    do {
      await clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined)
      this.#tellStep()
      await this.#tellStalls()
    } while (!signal.aborted)
  }

  async #tellStalls(): Promise<void> {
    const { clock, recorder, scenario } = this.#options
    for (const stall of clock.stallsSince(this.#toldUntilMs)) {
      this.#toldUntilMs = stall.toMs
      const servers = await this.serversDuring(stall)
      recorder.record({
        type: 'stall-seen',
        scenario,
        who: 'runner',
        fromMs: recorder.timeOf(stall.fromMs),
        toMs: recorder.timeOf(stall.toMs),
        ...(servers === undefined ? {} : { servers }),
      })
    }
  }

  #tellStep(): void {
    const { recorder, scenario } = this.#options
    const last = this.#last
    const now = this.#read()
    this.#last = now
    const ranMs = now.nowMs - last.nowMs
    const byMs = now.wallMs - last.wallMs - ranMs
    if (Math.abs(byMs) < STEP_MS + SLEW * ranMs + now.tookMs + last.tookMs) return
    const sleptMs = now.upMs - last.upMs - ranMs
    const slept = byMs > 0 && Math.abs(sleptMs - byMs) < STEP_MS + SLEW * (ranMs + byMs)
    const seenMs = recorder.timeOf(now.nowMs)
    recorder.record({ type: 'clock-stepped', scenario, seenMs, byMs, ...(slept && { slept }) })
  }

  #read(): Reading {
    const { clock, upMs } = this.#options
    for (let reading = 1; ; reading += 1) {
      const nowMs = clock.nowMs()
      const wallMs = clock.wallMs()
      const found = { nowMs, wallMs, upMs: upMs(), tookMs: clock.nowMs() - nowMs }
      if (found.tookMs <= READ_WITHIN_MS || reading === READINGS) return found
    }
  }
}
