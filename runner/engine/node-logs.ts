import { createWriteStream, type WriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { LogLine, ServerGroup } from '../platforms/platform.ts'
import type { RunSettings } from './run-settings.ts'

/** Follows the logs of all nodes into files, one a node, from the first line to the last. */
export class NodeLogs {
  readonly #writers = new Map<string, WriteStream>()
  readonly #stops: (() => Promise<void>)[] = []
  readonly #hide: (text: string) => string
  #followOne: ((node: string) => Promise<void>) | undefined

  /** `hide` takes secrets out of a line. */
  constructor(hide: (text: string) => string) {
    this.#hide = hide
  }

  /**
   * Starts following. Files are `<folder>/<node>.log`; each line begins with its UTC time. `onLine` is given every line
   * too.
   */
  async follow(servers: ServerGroup, folder: string, onLine?: (node: string, line: LogLine) => void): Promise<void> {
    await mkdir(folder, { recursive: true })
    const followOne = async (name: string) => {
      const writer = createWriteStream(path.join(folder, `${name}.log`))
      // A full disk must not end the run: the log is then shorter, and the verdict stands.
      writer.on('error', () => this.#writers.delete(name))
      this.#writers.set(name, writer)
      const stop = await servers.followLogs(name, (told) => {
        const line = { ...told, text: this.#hide(told.text) }
        this.#writers.get(name)?.write(`${new Date(line.wallMs).toISOString()} ${line.text}\n`)
        onLine?.(name, line)
      })
      this.#stops.push(stop)
    }
    this.#followOne = followOne
    await Promise.all(servers.nodes.map(({ name }) => followOne(name)))
  }

  /** The same for a server that was added. */
  async add(node: string): Promise<void> {
    await this.#followOne?.(node)
  }

  /** Ends the following and closes the files. Returns the nodes whose logs were kept. */
  async close(): Promise<string[]> {
    await Promise.allSettled(this.#stops.map((stop) => stop()))
    const kept = [...this.#writers.keys()]
    await Promise.all([...this.#writers.values()].map((writer) => new Promise<void>((done) => writer.end(done))))
    this.#writers.clear()
    return kept
  }
}

/** Ends the following, and records which logs were kept. */
export async function keepLogs(
  logs: NodeLogs,
  place: { index: number; logFolder: string },
  settings: RunSettings,
): Promise<void> {
  for (const node of await logs.close()) {
    settings.recorder.record({
      type: 'log-saved',
      scenario: place.index,
      node,
      file: path.relative(settings.folder.path, path.join(place.logFolder, `${node}.log`)),
    })
  }
}
