import type { Clock } from '../base/clock.ts'
import { forOutput, oneLine } from '../base/text.ts'
import type { RunEvent } from '../record/events.ts'
import { LiveStory, type LiveStream, type Reporter } from './live-story.ts'
import { TerminalProgress } from './live-terminal.ts'
import { Silence } from './silence.ts'
import { outputStyle, painter } from './style.ts'

const LOOK_EVERY_MS = 500

export interface LiveOptions {
  stream: LiveStream
  env: Readonly<Record<string, string | undefined>>
  clock: Clock
}

/** Progress while a run goes on: a view that redraws itself on a terminal, plain lines as things happen elsewhere. */
export function liveReporter({ stream, env, clock }: LiveOptions): Reporter {
  const { color } = outputStyle(stream, env)
  const redraws = stream.isTTY === true && env.TERM !== 'dumb'
  return redraws ? new TerminalProgress(stream, clock, color) : plainProgress(stream, clock, color)
}

/**
 * Progress as plain lines, for logs: one for each stage of the setup and each step that has ended, and a word now and
 * then where nothing ends for long.
 */
function plainProgress(stream: LiveStream, clock: Clock, painted: boolean): Reporter {
  const paint = painter(painted)
  const story = new LiveStory(paint)
  const silence = new Silence(clock.nowMs())
  const write = (lines: readonly string[]) => {
    if (lines.length === 0) return
    silence.broken(clock.nowMs())
    stream.write(forOutput(lines.map((line) => `${line}\n`).join(''), { painted }))
  }
  const breakSilence = () => {
    const news = silence.news(clock.nowMs())
    if (news !== undefined) write([`${story.prefixOf(news.scenario)}  ${paint('dim', news.text)}`])
  }
  const timer = setInterval(breakSilence, LOOK_EVERY_MS)
  timer.unref()
  return {
    onEvent(event: RunEvent) {
      silence.follow(event, clock.nowMs())
      const isStage = event.type === 'progress' && !event.stays && !story.isPlaying(event.scenario)
      const stage = isStage ? [`${story.prefixOfLine(event.scenario)}  ${paint('dim', oneLine(event.text))}`] : []
      write(story.linesOf(event, stage))
      breakSilence()
    },
    close() {
      clearInterval(timer)
      write(story.rest())
    },
  }
}
