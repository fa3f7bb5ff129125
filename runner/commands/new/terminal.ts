import { createInterface } from 'node:readline'
import { ChaosError } from '../../base/errors.ts'
import { EXIT } from '../../base/exit.ts'

/** The terminal was closed, or Ctrl-D pressed, before all was said. */
class NoAnswer extends ChaosError {
  override name = 'NoAnswer'
  override readonly exitCode = EXIT.interrupted
}

/** Where questions go and answers come from. */
export interface Terminal {
  /** Says it without a newline at its end. */
  say(text: string): void
  /** The next line, trimmed. Throws when there will be none. */
  line(): Promise<string>
}

interface Streams {
  input: NodeJS.ReadableStream
  output: NodeJS.WritableStream
}

/**
 * Runs `talk` on a terminal. The terminal stays as it is (no raw mode), so that a Ctrl-C is a signal as anywhere else: it
 * ends the talk with the signal's reason.
 */
export async function onTerminal<T>(
  { input, output }: Streams,
  signal: AbortSignal,
  talk: (terminal: Terminal) => Promise<T>,
): Promise<T> {
  const reader = createInterface({ input, terminal: false })
  const lines = reader[Symbol.asyncIterator]()
  const close = () => reader.close()
  signal.addEventListener('abort', close)
  try {
    return await talk({
      say: (text) => void output.write(text),
      async line() {
        const next = await lines.next()
        signal.throwIfAborted()
        if (next.done) throw new NoAnswer('there was no answer; nothing was written')
        return next.value.trim()
      },
    })
  } finally {
    signal.removeEventListener('abort', close)
    reader.close()
  }
}
