import { codeOf, messageOf } from '../base/errors.ts'
import { onAbort } from '../base/on-abort.ts'
import { PlatformError } from '../platforms/errors.ts'

/** What was looked for, or why it could not be seen. */
export type Seen<T> = { value: T } | Problem

export interface Problem {
  problem: string
  hint?: string
  /** Nothing failed: it took too long. */
  late?: true
}

export interface AttemptOptions {
  timeoutMs: number
  /** Aborting rejects with the signal's reason. */
  signal?: AbortSignal | undefined
}

/**
 * Looks at something that may fail, hang or not be there. What is late is asked to stop through the signal that `look`
 * gets, and is not waited for. Rejects only for a bug, and on abort.
 */
export async function attempt<T>(look: (signal: AbortSignal) => Promise<T>, options: AttemptOptions): Promise<Seen<T>> {
  const { timeoutMs, signal } = options
  signal?.throwIfAborted()
  const late: Seen<T> = { problem: `no answer within ${timeoutMs / 1000} s`, late: true }
  const giveUp = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const stopListening = onAbort(signal, () => giveUp.abort(signal?.reason))
  const given = new Promise<Seen<T>>((resolve, reject) => {
    timer = setTimeout(() => resolve(late), timeoutMs)
    giveUp.signal.addEventListener('abort', () => reject(giveUp.signal.reason), { once: true })
  })
  const looked = look(giveUp.signal).then((value) => ({ value }), problemOf)
  try {
    return await Promise.race([looked, given])
  } finally {
    clearTimeout(timer)
    stopListening()
    given.catch(() => undefined)
    looked.catch(() => undefined)
    giveUp.abort(new PlatformError('it took too long'))
  }
}

/** A failure of the system (with its code) is a thing to report; anything else is a bug, and rejects. */
function problemOf(error: unknown): Problem {
  if (error instanceof PlatformError) {
    return { problem: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) }
  }
  if (codeOf(error) !== undefined) return { problem: messageOf(error) }
  throw error
}
