import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { onAbort } from '../../base/on-abort.ts'
import { foreignEnvironment, programArgs } from '../../base/programs.ts'
import { hintFor, reasonFor, reasonOf } from '../../base/surroundings.ts'
import { afterRunning } from '../../base/time-limit.ts'
import { PlatformError } from '../errors.ts'
import { FILES_HINT } from '../files.ts'
import { ownProcessId } from '../process-id.ts'
import { unfinishedFolder } from './claimed-folder.ts'
import { readJsonLines } from './json-lines.ts'
import { type Loss, type Opening, RELEASE, type SupervisorClaim, type SupervisorPlan } from './protocol.ts'

const OPEN_TIMEOUT_MS = 20_000
const END_TIMEOUT_MS = 5_000
const KEPT_CHARACTERS = 2_000

/** Something else took an address meanwhile. */
export class AddressInUse extends PlatformError {
  override name = 'AddressInUse'
}

/**
 * The supervisor of a run, seen by the runner that starts it. This program holds the other end of its standard input:
 * when this program ends, in whatever way, the supervisor sees it and ends the servers.
 */
export class Supervisor {
  readonly #child: ChildProcess
  readonly #exited: Promise<void>
  #complaints = ''
  #ended = false
  #loss: string | undefined

  /** `runId` is there for people who look at the list of processes. */
  private constructor(runId: string) {
    this.#child = spawn(process.execPath, [...programArgs(import.meta.url, './supervisor-process'), runId], {
      cwd: '/',
      // A session of its own: the terminal's Ctrl-C is for the runner, which then cleans up in order.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: environment(),
    })
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', () => {
        this.#ended = true
        resolve()
      })
      this.#child.once('error', (error) => {
        this.#ended = true
        this.#complaints = reasonOf(error)
        resolve()
      })
    })
    this.#child.stdin?.on('error', () => undefined)
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#complaints = (this.#complaints + text).slice(-KEPT_CHARACTERS)
    })
    this.#child.unref()
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) (stream as Socket | null)?.unref()
  }

  /** Starts it without anything to do, so that it is ready by the time that there is. */
  static start(runId: string): Supervisor {
    return new Supervisor(runId)
  }

  /** Makes it remove the folder of the run at its end, if that is made with what this returns. */
  claim(folder: string): SupervisorClaim {
    const unfinished = unfinishedFolder(folder, ownProcessId())
    const claim: SupervisorClaim = { claim: randomUUID(), folder, unfinished }
    this.#child.stdin?.write(`${JSON.stringify(claim)}\n`)
    return claim
  }

  /** It has ended, whatever the reason. */
  get ended(): boolean {
    return this.#ended
  }

  /** What the group cannot do without and has lost, in words. */
  get loss(): string | undefined {
    return this.#loss
  }

  /** Resolves when it has started all servers. Throws PlatformError, or the signal's reason; call `end` then. */
  async open(plan: SupervisorPlan, signal?: AbortSignal): Promise<void> {
    this.#child.stdin?.write(`${JSON.stringify(plan)}\n`)
    const opening = await this.#opening(signal)
    this.#child.stderr?.destroy()
    if ('ready' in opening) return
    if (opening.code === 'EADDRINUSE') throw new AddressInUse(`the links could not be opened: ${opening.error}`)
    throw new PlatformError(
      `the servers could not be started in ${plan.folder}: ${reasonFor(opening.code, opening.error)}`,
      { hint: hintFor(opening.code, FILES_HINT) },
    )
  }

  /** From now on the servers live on when this program ends. */
  release(): void {
    this.#child.stdin?.end(`${JSON.stringify(RELEASE)}\n`)
  }

  /** Makes it end all servers, remove the run's folder and end, as it would if this program ended. */
  async end(): Promise<void> {
    this.#child.stdin?.end()
    const cancel = afterRunning(END_TIMEOUT_MS, () => this.#child.kill('SIGKILL'))
    await this.#exited
    cancel()
  }

  #opening(signal?: AbortSignal): Promise<Opening> {
    return new Promise((resolve, reject) => {
      const interrupted = () => done(() => reject(signal?.reason))
      const stopListening = onAbort(signal, interrupted)
      const cancel = afterRunning(OPEN_TIMEOUT_MS, () =>
        done(() => reject(new PlatformError(`the servers were not started within ${OPEN_TIMEOUT_MS / 1000} s`))),
      )
      const done = (settle: () => void) => {
        cancel()
        stopListening()
        settle()
      }
      if (signal?.aborted) return interrupted()
      if (this.#child.stdout) {
        readJsonLines(this.#child.stdout, (message: Opening | Loss) => {
          if ('lost' in message) this.#loss = message.lost
          else done(() => resolve(message))
        })
      }
      // Not `exit`: what it has said by then may still be under way.
      this.#child.once('close', () => done(() => reject(this.#endedEarly())))
    })
  }

  #endedEarly(): PlatformError {
    const words = this.#complaints.split('\n').filter((line) => line.trim() !== '')
    return new PlatformError(
      `the program that starts the servers ended by itself${words.length === 0 ? '' : `: ${words.slice(0, 5).join(' / ')}`}`,
    )
  }
}

/** The servers get it too. Their log's times are UTC then, and nothing of the runner's own reaches them. */
function environment(): NodeJS.ProcessEnv {
  return { ...foreignEnvironment(), TZ: 'UTC', LC_ALL: 'C' }
}
