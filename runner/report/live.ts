import type { Clock } from '../base/clock.ts'
import { plainProgress } from './live-plain.ts'
import { TerminalProgress } from './live-terminal.ts'
import type { Reporter } from './reporter.ts'
import { outputStyle, painter } from './style.ts'

/** The stream that progress goes to: stderr. */
export interface LiveStream {
  write(text: string): unknown
  isTTY?: boolean
  columns?: number
  rows?: number
}

export interface LiveOptions {
  stream: LiveStream
  env: Readonly<Record<string, string | undefined>>
  clock: Clock
}

/** Progress while a run goes on: a view that redraws itself on a terminal, plain lines as things happen elsewhere. */
export function liveReporter({ stream, env, clock }: LiveOptions): Reporter {
  const paint = painter(outputStyle(stream, env).colour)
  const redraws = stream.isTTY === true && env.TERM !== 'dumb'
  return redraws ? new TerminalProgress(stream, clock, paint) : plainProgress(stream, paint)
}
