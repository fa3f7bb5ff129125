import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { codeOf } from '../base/errors.ts'
import { onAbort } from '../base/on-abort.ts'
import { lastLines } from '../base/text.ts'
import { afterRunning } from '../base/time-limit.ts'
import { PlatformError } from './errors.ts'

export interface ChildOptions {
  /** What it is done for, in words, for messages: `fetch Debian packages`. */
  purpose: string
  /** The process, and all that it started, is killed after this long. */
  timeoutMs: number
  signal?: AbortSignal | undefined
  /** Its working directory. Default: that of this program. */
  folder?: string
  /** Called with each chunk of standard output as it comes. */
  onOutput?: (text: string) => void
}

const KEPT_CHARACTERS = 4_000

/**
 * Runs a program to its end and returns its standard output. Rejects with PlatformError, which quotes the end of what
 * the program said, when it is missing, fails, or takes longer than `timeoutMs`; with the signal's reason on abort.
 */
export async function runProgram(program: string, args: readonly string[], options: ChildOptions): Promise<string> {
  const { child, ended } = startProgram(program, args, options)
  let output = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text
    options.onOutput?.(text)
  })
  await ended
  return output
}

/** Runs a program whose standard output is read as a stream; `ended` settles as the promise of `runProgram` does. */
export function pipeProgram(
  program: string,
  args: readonly string[],
  options: ChildOptions,
): { output: Readable; ended: Promise<void> } {
  const { child, ended } = startProgram(program, args, options)
  if (!child.stdout) throw new PlatformError(`${program} has no output to read`)
  const output = child.stdout
  ended.catch((error: Error) => output.destroy(error))
  return { output, ended }
}

function startProgram(program: string, args: readonly string[], options: ChildOptions) {
  const { purpose, timeoutMs, signal, folder } = options
  signal?.throwIfAborted()
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...(folder !== undefined && { cwd: folder }),
    env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
  })
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-KEPT_CHARACTERS)
  })
  const ended = new Promise<void>((resolve, reject) => {
    let late = false
    const stopListening = onAbort(signal, () => killGroup(child))
    const cancel = afterRunning(timeoutMs, () => {
      late = true
      killGroup(child)
    })
    const done = (error?: unknown) => {
      cancel()
      stopListening()
      if (error === undefined) resolve()
      else reject(error)
    }
    child.once('error', (error: NodeJS.ErrnoException) => {
      const problem = error.code === 'ENOENT' ? `\`${program}\` is not on this machine` : error.message
      done(new PlatformError(`could not ${purpose}: ${problem}`, { cause: error }))
    })
    child.once('close', (code, killedBy) => {
      if (signal?.aborted) done(signal.reason)
      else if (late)
        done(new PlatformError(`could not ${purpose}: \`${program}\` was not done after ${timeoutMs / 1000} s`))
      else if (code === 0) done()
      else
        done(
          new PlatformError(`could not ${purpose}: \`${program}\` ${describeEnd(code, killedBy)}${quoted(complaints)}`),
        )
    })
  })
  return { child, ended }
}

/** The child leads a process group of its own: its helpers must not outlive it. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error
  }
}

function describeEnd(code: number | null, killedBy: NodeJS.Signals | null): string {
  return code === null ? `was killed (${killedBy})` : `failed with exit code ${code}`
}

function quoted(complaints: string): string {
  const lines = complaints.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('W: '))
  // apt marks what matters, and puts details of several lines below each.
  const marked = lines.filter((line) => line.startsWith('E: '))
  const relevant = marked.length > 0 ? marked : lines
  return relevant.length === 0 ? '' : `: ${lastLines(relevant.join('\n'), 3)}`
}
