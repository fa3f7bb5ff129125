import { createInterface } from 'node:readline'
import { setImmediate as turnOfLoop } from 'node:timers/promises'
import { UsageError } from '../../base/errors.ts'

/** Throws UsageError where nobody could be asked: `flag` needs somebody. */
export function assertTerminal(flag: string): void {
  const missing = [
    ...(process.stdin.isTTY === true ? [] : ['stdin']),
    ...(process.stderr.isTTY === true ? [] : ['stderr']),
  ]
  if (missing.length === 0) return
  const what = missing.length === 1 ? `${missing[0]} is none` : `${missing.join(' and ')} are none`
  throw new UsageError(`--${flag} asks whoever sits at the terminal, and ${what}: leave it out where nobody does`)
}

/** Keys that were pressed before there was a question answer none: an early Enter would play what nobody has read. */
export async function dropTyped(): Promise<void> {
  const { stdin } = process
  stdin.setRawMode(true)
  // Without a listener what comes is lost. What has been typed is there at the next look for input.
  stdin.resume()
  await turnOfLoop()
  await turnOfLoop()
  stdin.pause()
}

/**
 * Asks on the terminal; resolves with the line, or undefined at the end of the input and when `signal` aborts. Ctrl-C is
 * what it is anywhere else.
 */
export async function ask(question: string, signal: AbortSignal): Promise<string | undefined> {
  if (signal.aborted) return undefined
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: true, historySize: 0 })
  const ended = new AbortController()
  try {
    return await new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(undefined), { signal: ended.signal })
      // The terminal hands the key on as it is while a line is read.
      lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
      lines.on('close', () => resolve(undefined))
      lines.question(question, resolve)
    })
  } finally {
    ended.abort()
    lines.close()
  }
}
