import type { Readable } from 'node:stream'
import { PlatformError } from '../errors.ts'
import type { CallOptions, Engine } from './engine.ts'

/** What the engine reports of a pull, an import or a build, one JSON object a line. */
interface JobEvent {
  status?: string
  id?: string
  stream?: string
  error?: string
}

export interface JobOptions extends Required<CallOptions> {
  /** The job is given up when it reports nothing for this long. */
  silenceMs: number
  onEvent: (event: JobEvent) => void
}

/**
 * Starts a job of the engine and follows what it reports to its end. Throws PlatformError when the engine reports an
 * error, says nothing for `silenceMs`, or is not done after `timeoutMs`; the signal's reason on abort.
 */
export async function followJob(
  engine: Engine,
  doing: string,
  start: (abortSignal: AbortSignal) => Promise<NodeJS.ReadableStream>,
  options: JobOptions,
): Promise<void> {
  const { timeoutMs, silenceMs, signal, onEvent } = options
  const stream = (await engine.call(doing, start, { timeoutMs: silenceMs, signal })) as Readable
  const giveUp = (text: string) => stream.destroy(new PlatformError(`could not ${doing}: ${text}`))
  const onAbort = () => stream.destroy(new PlatformError('interrupted'))
  const timer = setTimeout(() => giveUp(`not done after ${timeoutMs / 1000} s`), timeoutMs)
  const silence = setTimeout(() => giveUp(`the engine reported nothing for ${silenceMs / 1000} s`), silenceMs)
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    for await (const event of jsonLines<JobEvent>(stream)) {
      silence.refresh()
      if (event.error) throw new PlatformError(event.error.trim())
      onEvent(event)
    }
  } catch (error) {
    if (signal?.aborted) throw signal.reason
    throw engine.explain(doing, error)
  } finally {
    clearTimeout(timer)
    clearTimeout(silence)
    signal?.removeEventListener('abort', onAbort)
    stream.destroy()
  }
}

/** The JSON values of a stream that has one a line. */
export async function* jsonLines<T>(stream: Readable): AsyncGenerator<T> {
  let rest = ''
  for await (const chunk of stream.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as T
  }
}
