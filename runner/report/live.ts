import type { Clock } from '../base/clock.ts'
import { formatDuration } from '../base/duration.ts'
import { forOutput, oneLine } from '../base/text.ts'
import type { EventOf, RunEvent } from '../record/events.ts'
import { LiveStory, type LiveStream, type Reporter, stepText } from './live-story.ts'
import { TerminalProgress } from './live-terminal.ts'
import { outputStyle, painter } from './style.ts'

/** A step that takes long says what it sees, this often at most, so that a log does not go silent. */
const TELL_EVERY_MS = 10_000

export interface LiveOptions {
  stream: LiveStream
  env: Readonly<Record<string, string | undefined>>
  clock: Clock
}

/** Progress while a run goes on: a view that redraws itself on a terminal, plain lines as things happen elsewhere. */
export function liveReporter({ stream, env, clock }: LiveOptions): Reporter {
  const { color } = outputStyle(stream, env)
  const redraws = stream.isTTY === true && env.TERM !== 'dumb'
  return redraws ? new TerminalProgress(stream, clock, color) : plainProgress(stream, color)
}

/** Progress as plain lines, for logs: one for each stage of the setup and each step that has ended. */
function plainProgress(stream: LiveStream, painted: boolean): Reporter {
  const paint = painter(painted)
  const story = new LiveStory(paint)
  const waiting = new LongSteps()
  return {
    onEvent(event: RunEvent) {
      const lines = story.linesOf(event)
      if (event.type === 'progress')
        lines.push(`${story.prefixOf(event.scenario)}  ${paint('dim', oneLine(event.text))}`)
      const news = waiting.newsOf(event)
      if (news !== undefined && 'scenario' in event)
        lines.push(`${story.prefixOf(event.scenario)}  ${paint('dim', news)}`)
      if (lines.length > 0) stream.write(forOutput(lines.map((line) => `${line}\n`).join(''), { painted }))
    },
    close() {},
  }
}

/** What steps that are under way for long have to tell. */
class LongSteps {
  readonly #running = new Map<string, EventOf<'step-started'>>()
  #toldAtMs = Number.NEGATIVE_INFINITY

  newsOf(event: RunEvent): string | undefined {
    if (event.type === 'step-started') this.#running.set(`${event.scenario}:${event.index}`, event)
    if (event.type === 'step-ended') this.#running.delete(`${event.scenario}:${event.index}`)
    if (event.type !== 'step-progress') return undefined
    const started = this.#running.get(`${event.scenario}:${event.index}`)
    if (started === undefined) return undefined
    const underWayMs = event.atMs - started.atMs
    if (underWayMs < TELL_EVERY_MS || event.atMs - this.#toldAtMs < TELL_EVERY_MS) return undefined
    this.#toldAtMs = event.atMs
    return `… ${stepText(started.step)}: ${oneLine(event.text)} (after ${formatDuration(underWayMs)})`
  }
}
