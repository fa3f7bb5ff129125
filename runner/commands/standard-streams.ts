import { codeOf } from '../base/errors.ts'
import { reasonOf } from '../base/surroundings.ts'
import { fittedSentences, forOutput } from '../base/text.ts'
import { outputStyle } from '../report/style.ts'
import type { Output } from './command.ts'

/** Stdout and stderr of the program, and what became of what was written to them. */
export interface StandardStreams {
  out: Output
  /** Resolves when all that was said by then has been written, or has failed to be. */
  written(): Promise<void>
}

/**
 * Opens them. Neither a full disk nor a reader that went away (`| head`, a closed terminal) keeps a run from cleaning
 * up; the first is told by `failures`, while the second wanted no more.
 */
export function openStandardStreams(env: NodeJS.ProcessEnv): StandardStreams {
  const streams = [
    { name: 'stdout', stream: process.stdout },
    { name: 'stderr', stream: process.stderr },
  ]
  const failures = new Map<string, string>()
  for (const { name, stream } of streams) {
    stream.on('error', (error) => {
      if (codeOf(error) === 'EPIPE' || failures.has(name)) return
      failures.set(name, `not all that was to be told could be written to ${name}: ${reasonOf(error)}`)
    })
  }
  const color = process.stdout.isTTY === true && !env.NO_COLOR
  /** Whether any of what is printed may be. */
  const painted = color || streams.some(({ stream }) => outputStyle(stream, env).color)
  return {
    out: {
      print: (text, meant) => process.stdout.write(`${forOutput(text, { ...meant, painted })}\n`),
      progress: (text) => {
        const { width } = outputStyle(process.stderr, env)
        const shown = process.stderr.isTTY ? fittedSentences(text, width) : text
        process.stderr.write(`${forOutput(shown, { painted })}\n`)
      },
      color,
      failures: () => [...failures.values()],
    },
    written: async () => {
      await Promise.all(streams.map(({ stream }) => new Promise<void>((done) => stream.write('', () => done()))))
    },
  }
}
