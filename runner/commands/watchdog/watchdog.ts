import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { programArgs } from '../../base/programs.ts'
import type { WatchPlan } from './after-runner.ts'

/** A process of its own that heals and removes what this program made, should this program end without `release`. */
export class Watchdog {
  readonly #child: ChildProcess

  private constructor(plan: WatchPlan) {
    this.#child = spawn(
      process.execPath,
      [...programArgs(import.meta.url, './watchdog-process'), plan.runIds[0] ?? ''],
      {
        cwd: '/',
        // A session of its own: neither the terminal's Ctrl-C nor its end reaches it.
        detached: true,
        stdio: ['pipe', 'ignore', 'ignore'],
      },
    )
    this.#child.on('error', () => undefined)
    this.#child.stdin?.on('error', () => undefined)
    this.#child.stdin?.write(`${JSON.stringify(plan)}\n`)
    this.#child.unref()
    const { stdin } = this.#child
    ;(stdin as Socket | null)?.unref()
  }

  static start(plan: WatchPlan): Watchdog {
    return new Watchdog(plan)
  }

  /** All is cleaned up, or meant to stay: it ends without doing anything. */
  release(): void {
    this.#child.stdin?.end('release\n')
  }
}
