import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { ContainerCreateOptions } from 'dockerode'
import { onAbort } from '../../../base/on-abort.ts'
import { afterRunning } from '../../../base/time-limit.ts'
import { PlatformError } from '../../errors.ts'
import type { Progress } from '../../platform.ts'
import { type Engine, EngineRefusal, undefinedIfGone } from '../engine.ts'
import { type Labels, runFilter, runLabels } from '../labels.ts'
import { prepareToolboxImage, presentToolboxImage } from './image.ts'
import { DONE, jobText, readResults, type StepResult, type ToolboxTask } from './job.ts'

const TOOLBOX_LABEL = 'redis-chaos.toolbox'
/** What the engine may need to start and end a container, beside the job itself. */
const ENGINE_MARGIN_MS = 10_000

type Container = ReturnType<Engine['docker']['getContainer']>

export interface ToolboxRun {
  runId: string
  /** For messages: `apply network faults`. */
  purpose: string
  /** Of the job alone; what it started is killed then. */
  timeoutMs: number
  signal?: AbortSignal | undefined
  /** Work in the namespaces of other containers, and not in that of the toolbox alone. Default: false. */
  enters?: boolean
  /** Called with the container before it has its job. */
  onStarted?: (container: Container) => Promise<void>
}

/** Short-lived containers that have the tools and the rights which nodes lack. */
export class Toolbox {
  readonly #engine: Engine
  readonly #projectRoot: string
  readonly #mine = new Set<string>()
  #image: Promise<string> | undefined
  #isReady = false

  constructor(engine: Engine, projectRoot: string) {
    this.#engine = engine
    this.#projectRoot = projectRoot
  }

  /** Makes the image unless the engine has it. Throws PlatformError when it cannot be made. */
  async prepare(progress: Progress = () => undefined, signal?: AbortSignal): Promise<void> {
    this.#image ??= prepareToolboxImage(this.#engine, this.#projectRoot, progress, signal)
    try {
      await this.#image
      this.#isReady = true
    } catch (error) {
      this.#image = undefined
      throw error
    }
  }

  /** Whether a job can be run without making the image first. */
  async isPrepared(): Promise<boolean> {
    this.#isReady ||= (await presentToolboxImage(this.#engine, this.#projectRoot)) !== undefined
    return this.#isReady
  }

  /**
   * Runs a job in a container of its own, which the engine removes as soon as it ends; `tasks` may come while it
   * starts. Throws PlatformError when it does not come to its end in time, and the signal's reason on abort: what was
   * done by then stays done.
   */
  async run(
    tasks: readonly ToolboxTask[] | Promise<readonly ToolboxTask[]>,
    run: ToolboxRun,
  ): Promise<Map<string, StepResult[]>> {
    const known = Promise.resolve(tasks)
    // Told when it is awaited, which may be never.
    known.catch(() => undefined)
    await this.prepare(undefined, run.signal)
    const image = (await this.#image) ?? ''
    const name = `redis-chaos-toolbox-${run.runId}-${randomBytes(4).toString('hex')}`
    this.#mine.add(name)
    try {
      const container = await this.#create(name, image, run)
      return await this.#runIn(container, known, run)
    } catch (error) {
      await this.#remove(name)
      throw error
    } finally {
      this.#mine.delete(name)
    }
  }

  /** Removes toolboxes of this run that another process, which is gone, has left at work. */
  async removeStrangers(runId: string): Promise<void> {
    const label = [...runFilter(runId).label, TOOLBOX_LABEL]
    const containers = await this.#engine.call(`list the toolboxes of run ${runId}`, (abortSignal) =>
      this.#engine.docker.listContainers({ all: true, filters: JSON.stringify({ label }), abortSignal }),
    )
    const names = containers.map(({ Names }) => Names[0]?.slice(1) ?? '').filter((name) => !this.#mine.has(name))
    await Promise.all(names.map((name) => this.#remove(name)))
  }

  #create(name: string, image: string, run: ToolboxRun): Promise<Container> {
    return this.#engine.call('create a toolbox container', (abortSignal) =>
      this.#engine.docker.createContainer({ ...containerOptions(name, image, run), abortSignal }),
    )
  }

  async #runIn(
    container: Container,
    tasks: Promise<readonly ToolboxTask[]>,
    run: ToolboxRun,
  ): Promise<Map<string, StepResult[]>> {
    const { signal, purpose } = run
    const stream = (await this.#engine.call(
      'attach to a toolbox container',
      (abortSignal) =>
        container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true, abortSignal }),
      { signal },
    )) as Duplex
    // Where it matters, it is seen by whoever reads.
    stream.on('error', () => undefined)
    try {
      await this.#engine.call('start a toolbox container', (abortSignal) => container.start({ abortSignal }), {
        signal,
      })
      await run.onStarted?.(container)
      const known = await tasks
      const said = await this.#converse(stream, jobText(known), run)
      return readResults(known, said.output, said.complaints)
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      throw this.#engine.explain(purpose, error)
    } finally {
      stream.destroy()
    }
  }

  /** Hands the job in, and collects what is said until all is done, or the container has ended. */
  async #converse(
    stream: Duplex,
    job: string,
    { purpose, timeoutMs, signal }: ToolboxRun,
  ): Promise<{ output: string; complaints: string }> {
    const [output, complaints] = [new Collector(), new Collector()]
    this.#engine.docker.modem.demuxStream(stream, output, complaints)
    const limitMs = timeoutMs + ENGINE_MARGIN_MS
    const late = () => stream.destroy(new PlatformError(`could not ${purpose}: not done after ${limitMs / 1000} s`))
    const interrupt = () => stream.destroy(new PlatformError('interrupted'))
    const cancel = afterRunning(limitMs, late)
    const stopListening = onAbort(signal, interrupt)
    try {
      if (signal?.aborted) interrupt()
      stream.write(job)
      // The engine takes a while to see the end of a container, and nothing depends on it.
      await Promise.race([output.until(DONE), finished(stream, { writable: false })])
    } finally {
      cancel()
      stopListening()
    }
    return { output: output.text, complaints: complaints.text }
  }

  /** Also one that is removing itself. */
  async #remove(name: string): Promise<void> {
    try {
      await undefinedIfGone(
        this.#engine.call('remove a toolbox container', (abortSignal) =>
          this.#engine.docker.getContainer(name).remove({ force: true, v: true, abortSignal }),
        ),
      )
    } catch (error) {
      if (!(error instanceof EngineRefusal)) throw error
    }
  }
}

/** What is written to it, as text. */
class Collector extends Writable {
  text = ''
  #onLine: () => void = () => undefined

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    // Programs of the toolbox write nothing but ASCII.
    this.text += chunk.toString('latin1')
    this.#onLine()
    done()
  }

  /** Resolves when this is the last line. */
  until(line: string): Promise<void> {
    return new Promise((resolve) => {
      this.#onLine = () => {
        if (this.text.endsWith(`\n${line}\n`) || this.text === `${line}\n`) resolve()
      }
      this.#onLine()
    })
  }
}

/**
 * To enter a namespace needs SYS_ADMIN, to look it up at a process of another user SYS_PTRACE, and to change it
 * NET_ADMIN; the process numbers that the engine tells are those of its machine. Profiles of AppArmor and SELinux keep
 * containers from looking at each other. A network of its own would cost 100 ms; who may enter others has no need of
 * one, and works in those of nodes alone.
 */
function containerOptions(name: string, image: string, run: ToolboxRun): ContainerCreateOptions {
  const labels: Labels = { ...runLabels({ runId: run.runId, purpose: run.purpose }), [TOOLBOX_LABEL]: '1' }
  const confined = ['no-new-privileges']
  return {
    name,
    Image: image,
    Labels: labels,
    Cmd: [String(Math.ceil(run.timeoutMs / 1000))],
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: {
      AutoRemove: true,
      NetworkMode: run.enters ? 'host' : 'none',
      IpcMode: 'none',
      ReadonlyRootfs: true,
      Tmpfs: { '/tmp': '' },
      LogConfig: { Type: 'none', Config: {} },
      CapDrop: ['ALL'],
      CapAdd: run.enters ? ['SYS_ADMIN', 'SYS_PTRACE', 'NET_ADMIN'] : ['NET_ADMIN'],
      SecurityOpt: run.enters ? [...confined, 'apparmor=unconfined', 'label=disable'] : confined,
      ...(run.enters && { PidMode: 'host', UsernsMode: 'host' }),
    },
  }
}
