import { Readable, Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { StringDecoder } from 'node:string_decoder'
import { lastLines } from '../../base/text.ts'
import type { LogLine } from '../platform.ts'
import { type Engine, undefinedIfGone } from './engine.ts'
import type { StartWatcher } from './starts.ts'

const FINAL_READ_TIMEOUT_MS = 30_000

/**
 * Feeds every line of a container's log, once and in order, over any number of stops and starts. The engine ends a log
 * stream when its container stops; each new one is read from the first line, and the lines already fed are skipped.
 */
export class LogFollower {
  readonly #engine: Engine
  readonly #container: string
  readonly #starts: StartWatcher
  readonly #onLine: (line: LogLine) => void
  readonly #ending = new AbortController()
  readonly #following: Promise<void>
  #ended: Promise<void> | undefined
  #fed: number

  /** The first `fed` lines have been fed already. */
  constructor(engine: Engine, container: string, starts: StartWatcher, onLine: (line: LogLine) => void, fed = 0) {
    this.#engine = engine
    this.#container = container
    this.#starts = starts
    this.#onLine = onLine
    this.#fed = fed
    this.#following = this.#follow()
  }

  /** How many lines were fed. */
  get fed(): number {
    return this.#fed
  }

  /**
   * Ends following, after feeding what the log has by now. Throws PlatformError when the engine does not give it.
   */
  end(): Promise<void> {
    this.#ended ??= this.#end()
    return this.#ended
  }

  async #end(): Promise<void> {
    this.#ending.abort()
    await this.#following
    await undefinedIfGone(this.#read({ follow: false }))
  }

  async #follow(): Promise<void> {
    try {
      for (;;) {
        const seen = this.#starts.changesOf(this.#container)
        if ((await undefinedIfGone(this.#read({ follow: true }))) === undefined) return
        if (this.#ending.signal.aborted) return
        if (!(await this.#starts.next(this.#container, seen, this.#ending.signal))) return
      }
    } catch {
      // What is missing is read by `end`, which reports what keeps it from doing so.
    }
  }

  /**
   * Reads the log from its first line, feeding those that were not fed yet; to its end, or until the container stops.
   */
  async #read({ follow }: { follow: boolean }): Promise<true> {
    const container = this.#engine.docker.getContainer(this.#container)
    const doing = `read the log of ${this.#container}`
    const stream = await this.#engine.call(doing, async (abortSignal) => {
      const query = { stdout: true, stderr: true, timestamps: true, abortSignal }
      return follow
        ? ((await container.logs({ ...query, follow: true })) as Readable)
        : Readable.from([await container.logs({ ...query, follow: false })])
    })
    const stop = () => stream.destroy()
    if (follow) this.#ending.signal.addEventListener('abort', stop, { once: true })
    const timer = follow ? undefined : setTimeout(stop, FINAL_READ_TIMEOUT_MS)
    try {
      if (follow && this.#ending.signal.aborted) stop()
      const sink = this.#lineSink()
      this.#engine.docker.modem.demuxStream(stream, sink, sink)
      await finished(stream)
    } catch (error) {
      if (!(follow && this.#ending.signal.aborted)) throw this.#engine.explain(doing, error)
    } finally {
      clearTimeout(timer)
      this.#ending.signal.removeEventListener('abort', stop)
      stream.destroy()
    }
    return true
  }

  #lineSink(): Writable {
    let number = 0
    let rest = ''
    const decoder = new StringDecoder('utf8')
    return new Writable({
      decodeStrings: false,
      write: (chunk: Buffer, _encoding, done) => {
        const lines = (rest + decoder.write(chunk)).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) {
          number += 1
          if (number <= this.#fed) continue
          this.#fed = number
          this.#onLine(parseLogLine(line))
        }
        done()
      },
    })
  }
}

/** The last lines that a container that ended has written, without their dates, as one line of text. */
export async function endOfLog(engine: Engine, container: string): Promise<string> {
  return lastLines(await tailOfLog(engine, container, 5), 5)
}

/** The last lines that a container has written, without the engine's dates. */
export async function tailOfLog(engine: Engine, container: string, tail: number): Promise<string> {
  const log = await engine.call(`read the log of ${container}`, (abortSignal) =>
    engine.docker.getContainer(container).logs({ stdout: true, stderr: true, follow: false, tail, abortSignal }),
  )
  const texts: string[] = []
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      texts.push(chunk.toString('utf8'))
      done()
    },
  })
  const stream = Readable.from([log])
  engine.docker.modem.demuxStream(stream, sink, sink)
  await finished(stream)
  return texts.join('')
}

/** The engine puts its own time before each line: `2024-05-01T12:00:00.123456789Z text`. */
function parseLogLine(line: string): LogLine {
  const space = line.indexOf(' ')
  return { wallMs: Date.parse(line.slice(0, space)), text: line.slice(space + 1).replace(/\r$/, '') }
}
