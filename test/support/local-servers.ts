import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, open, readFile, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ServerNode } from '../../runner/platforms/platform.ts'
import { leaseCluster } from './lease.ts'

/** Real `redis-server` processes on 127.0.0.1 for tests and benchmarks, empty and in cluster mode. */
export interface LocalServers {
  readonly nodes: readonly ServerNode[]
  readonly password: string
  /** Sends a signal: SIGSTOP pauses, SIGCONT lets go on, SIGKILL kills. Throws Error for a server that does not run. */
  signal(name: string, signal: NodeJS.Signals): void
  /** SIGKILL; resolves when the process is gone. */
  kill(name: string): Promise<void>
  /** Starts a killed server on the data it left; resolves when it accepts connections. */
  start(name: string): Promise<void>
  /** Ends all servers and removes their data. Idempotent. */
  stop(): Promise<void>
}

export interface LocalServersOptions {
  count: number
  password?: string
  /** Settings beside those needed to run a cluster in a test. */
  settings?: Record<string, string>
  /** Default: `redis-server` on the PATH. */
  program?: LocalProgram | undefined
}

/** An executable, what is put before it to run it, and what is laid over its environment. */
export interface LocalProgram {
  path: string
  loader: readonly string[]
  env: Record<string, string>
}

const BINARY = process.env.REDIS_SERVER ?? 'redis-server'
const STARTS_WITHIN_MS = 30_000
const PROBE_EVERY_MS = 5

/**
 * `false` if there is a redis-server to test with; else why not, to be given to tap as `skip`. Under
 * REQUIRE_REDIS_SERVER=1 a missing server is no reason to skip: the tests run, and fail with a clear word.
 */
export function skipWithoutRedis(): string | false {
  if (process.env.REQUIRE_REDIS_SERVER === '1') return false
  const tried = spawnSync(BINARY, ['--version'], { stdio: 'ignore' })
  return tried.status === 0 ? false : `no ${BINARY} on this machine (set REDIS_SERVER to its path)`
}

/** Processes and folders of this process that are still there; removed when it exits, however it does. */
const leftProcesses = new Set<ChildProcess>()
const leftFolders = new Set<string>()
let watchesExit = false

function removeAllAtExit(): void {
  if (watchesExit) return
  watchesExit = true
  process.on('exit', () => {
    for (const child of leftProcesses) child.kill('SIGKILL')
    for (const folder of leftFolders) rmSync(folder, { recursive: true, force: true })
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))
}

/** Starts the servers and waits until all accept connections; removes what it made if one does not. */
export async function startLocalServers(options: LocalServersOptions): Promise<LocalServers> {
  removeAllAtExit()
  const { portBase } = await leaseCluster()
  const folder = mkdtempSync(join(tmpdir(), 'redis-chaos-test-'))
  leftFolders.add(folder)
  const group = new Group(folder, portBase, options)
  try {
    await Promise.all(group.nodes.map((node) => group.start(node.name)))
  } catch (error) {
    await group.stop()
    throw error
  }
  return group
}

class Group implements LocalServers {
  readonly nodes: readonly ServerNode[]
  readonly password: string
  readonly #folder: string
  readonly #settings: Record<string, string>
  readonly #program: LocalProgram
  readonly #running = new Map<string, ChildProcess>()
  #notStarted: Error | undefined

  constructor(folder: string, portBase: number, options: LocalServersOptions) {
    this.#folder = folder
    this.password = options.password ?? 'test-secret'
    this.#settings = options.settings ?? {}
    this.#program = options.program ?? { path: BINARY, loader: [], env: {} }
    this.nodes = Array.from({ length: options.count }, (_, index) => {
      const port = portBase + index
      const address = { host: '127.0.0.1', port, peerHost: '127.0.0.1', peerPort: port }
      const name = `redis-node${index}`
      return { name, serverName: name, index, ...address, machine: 'localhost' }
    })
  }

  signal(name: string, signal: NodeJS.Signals): void {
    const child = this.#running.get(name)
    if (!child) throw new Error(`${name} does not run`)
    child.kill(signal)
  }

  async kill(name: string): Promise<void> {
    const child = this.#running.get(name)
    if (!child) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }

  async start(name: string): Promise<void> {
    const node = this.nodes.find((one) => one.name === name)
    if (!node) throw new Error(`there is no server ${name}`)
    if (await isListening(node.port)) throw new Error(`port ${node.port} is taken by something else`)
    const folder = join(this.#folder, name)
    await mkdir(folder, { recursive: true })
    const config = join(folder, 'redis.conf')
    await writeFile(config, this.#configuration(node, folder), { mode: 0o600 })
    const log = await open(join(folder, 'output.log'), 'a')
    try {
      this.#spawn(name, config, log.fd)
    } finally {
      await log.close()
    }
    await this.#untilListening(node, join(folder, 'output.log'))
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((name) => this.kill(name)))
    rmSync(this.#folder, { recursive: true, force: true })
    leftFolders.delete(this.#folder)
  }

  #spawn(name: string, config: string, output: number): void {
    const { path, loader, env } = this.#program
    const [command = path, ...args] = [...loader, path, config]
    const child = spawn(command, args, { stdio: ['ignore', output, output], env: { ...process.env, ...env } })
    const forget = () => {
      leftProcesses.delete(child)
      if (this.#running.get(name) === child) this.#running.delete(name)
    }
    this.#running.set(name, child)
    leftProcesses.add(child)
    child.once('exit', forget)
    child.once('error', (error) => {
      this.#notStarted = error
      forget()
    })
  }

  async #untilListening(node: ServerNode, log: string): Promise<void> {
    const deadlineMs = performance.now() + STARTS_WITHIN_MS
    while (!(await isListening(node.port))) {
      if (this.#running.has(node.name) && performance.now() < deadlineMs) {
        await new Promise((resolve) => setTimeout(resolve, PROBE_EVERY_MS))
        continue
      }
      if (this.#notStarted) throw new Error(`${this.#program.path} cannot be started: ${this.#notStarted.message}`)
      const said = await readFile(log, 'utf8')
      throw new Error(
        `${this.#program.path} did not listen on port ${node.port} within ${STARTS_WITHIN_MS} ms; it said:\n${said.slice(-1000)}`,
      )
    }
  }

  #configuration(node: ServerNode, folder: string): string {
    const settings: Record<string, string> = {
      bind: '127.0.0.1',
      port: String(node.port),
      dir: `"${folder}"`,
      daemonize: 'no',
      requirepass: this.password,
      masterauth: this.password,
      'cluster-enabled': 'yes',
      'cluster-config-file': 'nodes.conf',
      'cluster-node-timeout': '5000',
      appendonly: 'yes',
      save: '""',
      'repl-diskless-sync-delay': '0',
      ...this.#settings,
    }
    return `${Object.entries(settings)
      .map(([name, value]) => `${name} ${value}`)
      .join('\n')}\n`
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
