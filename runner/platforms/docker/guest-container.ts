import { randomBytes } from 'node:crypto'
import { constants } from 'node:os'
import { type Duplex, PassThrough } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { ContainerCreateOptions } from 'dockerode'
import { messageOf } from '../../base/errors.ts'
import { afterRunning, isOverWithin } from '../../base/time-limit.ts'
import type { GuestPlace } from '../platform.ts'
import type { Engine } from './engine.ts'
import { hasClosedStdout } from './guest-stdout.ts'

export interface GuestOptions {
  place: GuestPlace
  /** What it is, for the name of its container: `checkout`. */
  name: string
  image: string
  /** What is run in it instead of what the image says. */
  command: readonly string[]
  /** Variables of its environment. */
  env: Readonly<Record<string, string>>
  /** A port of its own that is published on the loopback of this machine, where the engine chooses. */
  port?: number
  /** It ended, in words: `ended with exit code 1`. Once. */
  onEnd(text: string): void
}

type Container = ReturnType<Engine['docker']['getContainer']>

/** What it has said is read for so long after its end, ms. */
const READ_AFTER_END_MS = 500
/** To be killed and removed, ms; what is left then is removed with the servers. */
const GONE_WITHIN_MS = 10_000
/** By a shell's reckoning, which engines follow, a signal is told as so much more. */
const SIGNAL_BASE = 128

/**
 * A program of somebody else in a container of its own, on the network of the servers, attached to this program, which
 * removes it. Should this program be gone, its stdin ends, and it is removed with the servers.
 */
export class GuestContainer {
  readonly stdin = new PassThrough()
  readonly stdout = new PassThrough()
  readonly stderr = new PassThrough()
  /** Where its port is published on the loopback; undefined if it has none, or did not start. */
  readonly hostPort: Promise<number | undefined>
  readonly #options: GuestOptions
  readonly #ended: Promise<void>
  readonly #gone: Promise<void>
  readonly #givenUp = new AbortController()
  #tellPort: (port: number | undefined) => void = () => undefined
  #tellEnd: () => void = () => undefined
  #running: { engine: Engine; container: Container } | undefined
  /** The last signal that it is to get, also one that came before it ran. */
  #signal: NodeJS.Signals | undefined
  #isOver = false

  /** Starts it. */
  constructor(options: GuestOptions) {
    this.#options = options
    for (const stream of [this.stdin, this.stdout, this.stderr]) stream.on('error', () => undefined)
    this.hostPort = new Promise((resolve) => {
      this.#tellPort = resolve
    })
    this.#ended = new Promise((resolve) => {
      this.#tellEnd = resolve
    })
    this.#gone = this.#live()
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Sends a signal to its first process; the last of several that come before it runs. SIGKILL ends all of them. */
  signal(signal: NodeJS.Signals): void {
    if (this.#isOver || this.#signal === 'SIGKILL') return
    this.#signal = signal
    void this.#sendSignal()
  }

  /** Ends it if it runs. Resolves when its container is removed, or cannot be. */
  async letGo(): Promise<void> {
    this.signal('SIGKILL')
    await new Promise<void>((resolve) => {
      const cancel = afterRunning(GONE_WITHIN_MS, () => {
        this.#givenUp.abort()
        resolve()
      })
      void this.#gone.then(() => {
        cancel()
        resolve()
      })
    })
  }

  /** Whether it runs and can say nothing more. Takes a look of some seconds at most; false where nothing was seen. */
  async hasClosedStdout(): Promise<boolean> {
    const running = this.#running
    if (!running) return false
    const isClosed = await hasClosedStdout(running.engine, this.#options.place, running.container)
    return isClosed && !this.#isOver
  }

  /** Whether it ends within so many ms. */
  async endsWithin(limitMs: number): Promise<boolean> {
    return this.#isOver || (await isOverWithin(this.#ended, limitMs))
  }

  /** From the first request to the engine to the last. Never rejects. */
  async #live(): Promise<void> {
    // Takes a while, and every load of the run waits for its thread, which few containers are run from.
    const { Engine } = await import('./engine.ts')
    const engine = new Engine(this.#options.place.dockerSocket)
    try {
      const container = await engine.call('create it', (abortSignal) =>
        engine.docker.createContainer({ ...this.#creation(), abortSignal }),
      )
      try {
        await this.#run(engine, container)
      } finally {
        await this.#remove(engine, container)
      }
    } catch (error) {
      this.#over(`could not be started: ${reasonOf(error)}`)
    } finally {
      engine.close()
    }
  }

  async #run(engine: Engine, container: Container): Promise<void> {
    const stream = await this.#attach(engine, container)
    try {
      // Asked for before it runs, so that no end is missed.
      const exit = container.wait({ condition: 'next-exit', abortSignal: this.#givenUp.signal })
      exit.catch(() => undefined)
      if (this.#signal === 'SIGKILL') return this.#over('was ended before it began')
      await engine.call('start it', (abortSignal) => container.start({ abortSignal }))
      this.#running = { engine, container }
      void this.#sendSignal()
      this.#tellPort(await this.#publishedPort(engine, container))
      this.#over(await this.#seeEnd(engine, container, { stream, exit }))
    } finally {
      this.#running = undefined
      stream.destroy()
    }
  }

  async #attach(engine: Engine, container: Container): Promise<Duplex> {
    const how = { stream: true, stdin: true, stdout: true, stderr: true, hijack: true }
    const stream = (await engine.call('attach to it', (abortSignal) =>
      container.attach({ ...how, abortSignal }),
    )) as Duplex
    // Its end is seen by that of the container.
    stream.on('error', () => undefined)
    engine.docker.modem.demuxStream(stream, this.stdout, this.stderr)
    this.stdin.pipe(stream)
    return stream
  }

  /** How it ended, in words, once all that it said is read. */
  async #seeEnd(
    engine: Engine,
    container: Container,
    { stream, exit }: { stream: Duplex; exit: Promise<{ StatusCode: number }> },
  ): Promise<string> {
    try {
      const { StatusCode } = await exit
      await endOf(stream)
      const { State } = await engine.call('inspect it', (abortSignal) => container.inspect({ abortSignal }))
      return `ended with exit code ${StatusCode}${State.OOMKilled ? ', out of memory' : signalOf(StatusCode)}`
    } catch (error) {
      return `was lost: ${engine.explain('wait for its end', error).message}`
    }
  }

  async #publishedPort(engine: Engine, container: Container): Promise<number | undefined> {
    const { port } = this.#options
    if (port === undefined) return undefined
    const { NetworkSettings } = await engine.call('inspect it', (abortSignal) => container.inspect({ abortSignal }))
    const [published] = NetworkSettings.Ports[`${port}/tcp`] ?? []
    return published && Number(published.HostPort)
  }

  async #sendSignal(): Promise<void> {
    const [running, signal] = [this.#running, this.#signal]
    if (!running || signal === undefined) return
    const { engine, container } = running
    // One that has just ended refuses it; an engine that does not answer is seen by whoever waits for the end.
    await engine
      .call(`send it ${signal}`, (abortSignal) => container.kill({ signal, abortSignal }))
      .catch(() => undefined)
  }

  /** What cannot be removed now is removed with the servers. */
  async #remove(engine: Engine, container: Container): Promise<void> {
    await engine
      .call('remove it', (abortSignal) => container.remove({ force: true, v: true, abortSignal }))
      .catch(() => undefined)
  }

  #over(text: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#tellPort(undefined)
    this.#options.onEnd(text)
    this.#tellEnd()
  }

  #creation(): ContainerCreateOptions {
    const { place, name, image, command, env, port } = this.#options
    const published = port === undefined ? undefined : `${port}/tcp`
    return {
      name: `redis-chaos-${place.runId}-${name}-${randomBytes(4).toString('hex')}`,
      Image: image,
      ...(command.length > 0 && { Cmd: [...command] }),
      Labels: { ...place.labels },
      Env: Object.entries(env).map(([variable, value]) => `${variable}=${value}`),
      OpenStdin: true,
      StdinOnce: true,
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      ...(published !== undefined && { ExposedPorts: { [published]: {} } }),
      HostConfig: {
        NetworkMode: place.network,
        ...(published !== undefined && { PortBindings: { [published]: [{ HostIp: '127.0.0.1', HostPort: '' }] } }),
        RestartPolicy: { Name: 'no' },
        SecurityOpt: ['no-new-privileges'],
        // What it says is read here, and kept with the run.
        LogConfig: { Type: 'none', Config: {} },
      },
    }
  }
}

/** Resolves when all of it is read, or cannot be. */
async function endOf(stream: Duplex): Promise<void> {
  const late = new AbortController()
  const cancel = afterRunning(READ_AFTER_END_MS, () => late.abort())
  await finished(stream, { writable: false, signal: late.signal }).catch(() => undefined)
  cancel()
}

/** ` (SIGKILL)`, where an exit code tells of one. */
function signalOf(exitCode: number): string {
  const [name] = Object.entries(constants.signals).find(([, number]) => number === exitCode - SIGNAL_BASE) ?? []
  return name === undefined ? '' : ` (${name})`
}

/** An engine's refusal is of what was asked of it; what it says of that is enough. */
function reasonOf(error: unknown): string {
  const { reply } = error as { reply?: unknown }
  return typeof reply === 'string' ? reply : messageOf(error)
}
