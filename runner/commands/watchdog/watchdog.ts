import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { WatchPlan } from './after-runner.ts'

const PROGRAM = fileURLToPath(new URL('./watchdog.mjs', import.meta.url))

/** A process of its own that heals and removes what this program made, should this program end without `release`. */
export class Watchdog {
  readonly #child: ChildProcess

  private constructor(plan: WatchPlan) {
    this.#child = spawn(process.execPath, [PROGRAM, plan.runId], {
      // Beside tsx, which it may need.
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      // A session of its own: neither the terminal's Ctrl-C nor its end reaches it.
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
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
