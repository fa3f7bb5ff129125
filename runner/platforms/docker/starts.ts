import type { Readable } from 'node:stream'
import { onAbort } from '../../base/on-abort.ts'
import type { Engine } from './engine.ts'
import { jsonLines } from './engine.ts'
import { type Labels, runFilter } from './labels.ts'

interface ContainerEvent {
  Action: string
  Actor: { Attributes: Labels }
}

/** Tells when containers of a run start again or are gone, whoever did it, from the engine's own events. */
export class StartWatcher {
  readonly #stream: Readable
  readonly #changes = new Map<string, number>()
  readonly #waiting = new Set<() => void>()
  #closed = false

  private constructor(stream: Readable) {
    this.#stream = stream
  }

  static async open(engine: Engine, runId: string): Promise<StartWatcher> {
    const filters = JSON.stringify({ ...runFilter(runId), type: ['container'], event: ['start', 'destroy'] })
    const stream = await engine.call('watch the containers', (abortSignal) =>
      engine.docker.getEvents({ filters, abortSignal }),
    )
    const watcher = new StartWatcher(stream as Readable)
    void watcher.#read()
    return watcher
  }

  /** How often the container has started or gone while watched: hand it to `next`. */
  changesOf(container: string): number {
    return this.#changes.get(container) ?? 0
  }

  /** Resolves as soon as there are more changes than `seen`; to false when there will be none any more. */
  async next(container: string, seen: number, signal: AbortSignal): Promise<boolean> {
    while (!this.#closed && !signal.aborted && this.changesOf(container) <= seen) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake)
          stopListening()
          resolve()
        }
        this.#waiting.add(wake)
        const stopListening = onAbort(signal, wake)
      })
    }
    return !this.#closed && !signal.aborted
  }

  close(): void {
    this.#closed = true
    this.#stream.destroy()
    this.#wakeAll()
  }

  async #read(): Promise<void> {
    try {
      for await (const event of jsonLines<ContainerEvent>(this.#stream)) {
        const name = event.Actor.Attributes.name ?? ''
        this.#changes.set(name, this.changesOf(name) + 1)
        this.#wakeAll()
      }
    } catch {
      // The engine is gone, which every other request to it reports; or the watcher was closed.
    } finally {
      this.close()
    }
  }

  #wakeAll(): void {
    for (const wake of this.#waiting) wake()
  }
}
