import { monitorEventLoopDelay } from 'node:perf_hooks'
import { countMachineLoad } from '../machine-load.ts'
import type { Pace } from './pace.ts'

/** What plays side by side have cost the machine in a while. */
export interface Strain {
  /** Share of the time in which something waited for a core; undefined where the system does not tell. */
  waited?: number | undefined
  /** How late timers of the runner were, of 100 the latest but one, ms. */
  latenessMs: number
}

const PERIOD_MS = 3000
/** So many periods alike decide: a cluster that is being formed keeps a core busy for one. */
const PERIODS = 2

/**
 * A runner that is late by a tenth of the shortest node time-out in use (1000 ms) sees things late that are measured; its
 * own work (reading views, judging a history) makes timers late by some 30 ms.
 */
const LATE_MS = 100
const CALM_MS = 40
/**
 * Shares of the time in which something waited for a core. Chosen, not derived: below the one there is room for six more
 * servers, above the other whatever is timed has to wait for its turn more often than not.
 */
const CROWDED = 0.7
const CALM = 0.45

/** What to do after a period. */
export function judgeStrain({ waited = 0, latenessMs }: Strain): 'more' | 'fewer' | 'stay' {
  if (waited > CROWDED || latenessMs > LATE_MS) return 'fewer'
  return waited < CALM && latenessMs < CALM_MS ? 'more' : 'stay'
}

export interface MeasuredPaceOptions {
  /** How many to begin with: what the machine bore the last time. */
  first: number
  most: number
  /** Begins a period; the returned function ends it. */
  measure?: () => () => Strain
  periodMs?: number
}

/** As many lanes as the machine bears: one more as long as nothing waits, one fewer as soon as what is measured suffers. */
export class MeasuredPace implements Pace {
  readonly most: number
  readonly #measure: () => () => Strain
  readonly #periodMs: number
  #lanes: number
  /** The last judgement, and how often it came in a row. */
  #last: { judgement: string; times: number } = { judgement: 'stay', times: 0 }
  /** The most that were borne for several periods. */
  #borne: number | undefined

  constructor({ first, most, measure = measureStrain, periodMs = PERIOD_MS }: MeasuredPaceOptions) {
    this.most = most
    this.#measure = measure
    this.#periodMs = periodMs
    this.#lanes = Math.min(Math.max(first, 1), most)
  }

  get lanes(): number {
    return this.#lanes
  }

  /** How many the machine bore; undefined if it was not long enough to tell. */
  get borne(): number | undefined {
    return this.#borne
  }

  begin(onMore: () => void): () => void {
    let end = this.#measure()
    const timer = setInterval(() => {
      const strain = end()
      end = this.#measure()
      if (this.note(strain)) onMore()
    }, this.#periodMs)
    timer.unref()
    return () => {
      clearInterval(timer)
      end()
    }
  }

  /** Takes what a period showed; whether there may be more lanes now. */
  note(strain: Strain): boolean {
    const judgement = judgeStrain(strain)
    this.#last = { judgement, times: this.#last.judgement === judgement ? this.#last.times + 1 : 1 }
    if (this.#last.times < PERIODS) return false
    this.#last = { judgement, times: 0 }
    if (judgement === 'fewer') {
      this.#lanes = Math.max(this.#lanes - 1, 1)
      this.#borne = this.#lanes
      return false
    }
    this.#borne = this.#lanes
    if (judgement === 'stay' || this.#lanes === this.most) return false
    this.#lanes += 1
    return true
  }
}

function measureStrain(): () => Strain {
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  const load = countMachineLoad(performance.now())
  return () => {
    delay.disable()
    const late = delay.percentile(99) / 1e6 - 10
    return { waited: load(performance.now())?.waited, latenessMs: Number.isFinite(late) ? Math.max(late, 0) : 0 }
  }
}
