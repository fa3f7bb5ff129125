import type { LiveState } from '../live/live-data.ts'
import type { PageData, Span } from '../page-data.ts'
import { durationText } from './charts.ts'

/** Makes what has no end yet reach until now, between one message and the next. */
export class Growth {
  #state: LiveState | undefined
  #nowMs = 0
  #takenAt = 0

  /** `nowMs`: the time since the scenario's start when the state was sent. */
  set(state: LiveState, nowMs: number): void {
    this.#state = state
    this.#nowMs = nowMs
    this.#takenAt = performance.now()
  }

  /** The data as it is at this moment. */
  data(): PageData {
    if (this.#state === undefined) throw new Error('nothing was taken yet')
    const { data, on } = this.#state
    return on ? grown(data, this.#until(data)) : data
  }

  /** Writes the time since moments into the elements that ask for it. */
  tell(): void {
    if (this.#state === undefined) return
    const untilMs = this.#until(this.#state.data)
    for (const element of document.querySelectorAll('[data-since]')) {
      const text = durationText(Math.max(untilMs - Number(element.getAttribute('data-since')), 0))
      if (element.textContent !== text) element.textContent = text
    }
  }

  /** Clocks differ, and the run may have ended: never before what was recorded. */
  #until({ endMs }: PageData): number {
    return Math.max(endMs, this.#nowMs + performance.now() - this.#takenAt)
  }
}

function grown(data: PageData, untilMs: number): PageData {
  const open = <T extends Span>(span: T): T => (span.endMs >= data.endMs ? { ...span, endMs: untilMs } : span)
  return {
    ...data,
    endMs: untilMs,
    steps: data.steps.map((step) => (step.verdict === 'running' ? { ...step, endMs: untilMs } : step)),
    faults: data.faults.map(open),
    appLanes: data.appLanes.map((lane) => ({ ...lane, spans: lane.spans.map(open) })),
    nodeLanes: data.nodeLanes.map((lane) => ({ ...lane, spans: lane.spans.map(open) })),
    shardLanes: data.shardLanes.map((lane) => ({ ...lane, spans: lane.spans.map(open) })),
  }
}
