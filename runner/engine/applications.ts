import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { ChaosError } from '../base/errors.ts'
import { poll } from '../base/poll.ts'
import { foreignEnvironment } from '../base/programs.ts'
import { hostToConnect } from '../cluster/live-cluster.ts'
import { GuestContainer } from '../platforms/docker/guest-container.ts'
import { ConflictError } from '../platforms/errors.ts'
import { BUS_OFFSET, type ServerGroup } from '../platforms/platform.ts'
import { freePort, portHolder } from '../platforms/port-holder.ts'
import { loadUser } from '../platforms/users.ts'
import type { Scenario } from '../scenario/model.ts'
import { serversNeeded } from '../scenario/servers-needed.ts'
import type { AppImage, AppPlan, AppProgram } from '../workload/apps/app-plan.ts'
import { KeptProcess, type KeptProcessOptions } from '../workload/apps/kept-process.ts'
import { lookIfReady } from '../workload/apps/ready.ts'
import { DriverLog } from '../workload/drivers/driver-log.ts'
import { KeptGroup } from '../workload/drivers/kept-group.ts'
import type { RunSettings } from './run-settings.ts'

/** An application of the scenario did not come up. */
class AppNotReady extends ChaosError {
  override name = 'AppNotReady'
}

const LOOK_EVERY_MS = 50

interface RunningApp {
  plan: AppPlan
  /** On the loopback of this machine. */
  port: number
  process: KeptProcess
  log: DriverLog
  /** The file of its log. */
  file: string
  /** How it ended, in words; undefined while it runs. */
  end?: string
}

type AppSettings = Pick<RunSettings, 'recorder' | 'clock' | 'folder' | 'password'>

/**
 * Throws ConflictError if something listens on a port that an application of the scenario is to listen on, or a server of
 * the scenario will.
 */
export async function assertAppPorts(scenario: Scenario, { portBase }: Pick<RunSettings, 'portBase'>): Promise<void> {
  const last = portBase + serversNeeded(scenario) - 1
  const isOfServer = (port: number) => port >= portBase && port <= last
  for (const { plan } of scenario.apps) {
    const { name, port } = plan
    // In a container of its own any port is free.
    if (port === undefined || 'image' in plan) continue
    const isTaken = isOfServer(port) || isOfServer(port - BUS_OFFSET)
    const holder = isTaken
      ? `the servers, which have ${portBase} to ${last} and each of these + ${BUS_OFFSET}`
      : await portHolder(port)
    if (holder === undefined) continue
    throw new ConflictError(
      `port ${port}, on which the application ${name} is to listen, is taken by ${holder}; nothing was touched`,
      { hint: 'choose another, or leave `port` out: the application is then given a free one in PORT' },
    )
  }
}

/**
 * The applications of one scenario: started beside the cluster once it is formed, and ended with the run. In order:
 * `start`, `stop`. `stop` may come at any time, and must.
 */
export class Applications {
  readonly #plans: readonly AppPlan[]
  /** Names, in their order. */
  readonly #workloads: readonly string[]
  readonly #place: { index: number; logFolder: string }
  readonly #settings: AppSettings
  readonly #running: RunningApp[] = []
  /** Nothing that becomes of them is recorded any more. */
  #isUnwatched = false

  constructor(
    { apps, workloads }: Pick<Scenario, 'apps' | 'workloads'>,
    place: { index: number; logFolder: string },
    settings: AppSettings,
  ) {
    this.#plans = apps.map(({ plan }) => plan)
    this.#workloads = workloads.map(({ name }) => name)
    this.#place = place
    this.#settings = settings
  }

  /** Starts them one after another, each once the one before is ready. Rejects with AppNotReady, or the signal's reason. */
  async start(servers: ServerGroup, signal: AbortSignal): Promise<void> {
    for (const plan of this.#plans) await this.#startOne(plan, servers, signal)
  }

  /** Where the application listens on the loopback; undefined if it was not started. */
  portOf(app: string): number | undefined {
    return this.#running.find(({ plan }) => plan.name === app)?.port
  }

  /** Whether it has ended by itself. */
  hasEnded(app: string): boolean {
    return this.#running.some(({ plan, end }) => plan.name === app && end !== undefined)
  }

  /** From here on it is nobody's business what becomes of them. */
  endWatching(): void {
    this.#isUnwatched = true
  }

  /** Ends them all, and records which logs were kept. Idempotent. */
  async stop(): Promise<void> {
    this.endWatching()
    const { recorder, folder } = this.#settings
    const { index: scenario } = this.#place
    const running = this.#running.splice(0)
    await Promise.all(running.map((app) => this.#stopOne(app)))
    for (const { plan, file } of running) {
      recorder.record({
        type: 'log-saved',
        scenario,
        node: plan.name,
        app: true,
        file: path.relative(folder.path, file),
      })
    }
  }

  async #startOne(plan: AppPlan, servers: ServerGroup, signal: AbortSignal): Promise<void> {
    const { clock } = this.#settings
    const { name, ready } = plan
    this.#progress(`starting the application ${name}`)
    const app = 'image' in plan ? await this.#openImage(plan, servers) : await this.#openProgram(plan, servers)
    this.#record('app-started', name)
    const { port } = app
    const look = async () => {
      const { end } = app
      if (end !== undefined) throw new AppNotReady(`the application ${name} ${end} before it was ready${saidBy(app)}`)
      return await lookIfReady(port, ready.path, { published: 'image' in plan })
    }
    const { ok, attempts, elapsedMs, lastSeen } = await poll(look, {
      ...{ clock, signal, withinMs: ready.withinMs, everyMs: LOOK_EVERY_MS },
    })
    const asked = ready.path === undefined ? `its port ${port}` : `GET http://127.0.0.1:${port}${ready.path}`
    if (!ok) {
      throw new AppNotReady(
        `the application ${name} was not ready within ${ready.withinMs / 1000} s: ${asked} was tried ${attempts} times, the last time: ${lastSeen}${saidBy(app)}`,
        {
          hint: 'it is told its port in PORT, and its address in HOST; a longer time is `ready: { path: …, within: 1m }`',
        },
      )
    }
    this.#record('app-ready', name)
    this.#progress(`the application ${name} is ready on port ${port}, after ${Math.round(elapsedMs)} ms`)
  }

  async #openProgram(plan: AppPlan & AppProgram, servers: ServerGroup): Promise<RunningApp> {
    const { command, folder, env: own } = plan
    const port = plan.port ?? (await freePort())
    const told = tellPlace(
      '127.0.0.1',
      port,
      servers.nodes.map((node) => [hostToConnect(node), node.port]),
    )
    const env = { ...foreignEnvironment(), ...own, ...told, ...this.#loginOf(plan.name) }
    return this.#open(plan, port, (onEnd) => new KeptGroup({ command, folder, env, onEnd }))
  }

  async #openImage(plan: AppPlan & AppImage, servers: ServerGroup): Promise<RunningApp> {
    const { name, image, command, port, env: own } = plan
    const place = servers.guests
    if (place === undefined) throw new Error(`the application ${name} cannot be run beside these servers`)
    const told = tellPlace(
      '0.0.0.0',
      port,
      servers.nodes.map((node) => [node.peerHost, node.peerPort]),
    )
    const env = { ...own, ...told, ...this.#loginOf(name) }
    let guest: GuestContainer | undefined
    const app = this.#open(plan, port, (onEnd) => {
      guest = new GuestContainer({ place, name, image, command, port, env, onEnd })
      return guest
    })
    app.port = (await guest?.hostPort) ?? port
    return app
  }

  #open(plan: AppPlan, port: number, start: KeptProcessOptions['start']): RunningApp {
    const { recorder, clock } = this.#settings
    const folder = path.join(this.#place.logFolder, 'apps')
    mkdirSync(folder, { recursive: true })
    const file = path.join(folder, `${plan.name}.log`)
    const hide = <T>(text: T) => (typeof text === 'string' ? (recorder.hide(text) as T) : text)
    const log = new DriverLog(file, hide, () => `${new Date(clock.wallMs()).toISOString()} `)
    const app: RunningApp = {
      ...{ plan, port, log, file },
      process: new KeptProcess({
        start,
        onOutput: (text) => log.add(text),
        onEnd: (text) => {
          app.end = text
          this.#onEnd(app, text)
        },
      }),
    }
    this.#running.push(app)
    return app
  }

  /** How an application is to log in at the servers. */
  #loginOf(app: string): Record<string, string> {
    const { password } = this.#settings
    if (password === '') return {}
    // Its connections are told from those of others by the user of its load.
    const place = this.#workloads.indexOf(app)
    return { REDIS_USERNAME: loadUser(place < 0 ? this.#workloads.length : place), REDIS_PASSWORD: password }
  }

  #onEnd({ plan, log }: RunningApp, text: string): void {
    if (this.#isUnwatched) return
    const facts = { app: plan.name, seenMs: this.#now(), text, lastWords: log.lastWords }
    this.#settings.recorder.record({ type: 'app-ended', scenario: this.#place.index, ...facts })
  }

  async #stopOne({ plan, process }: RunningApp): Promise<void> {
    if (await process.stop()) return
    const text = `the application ${plan.name} did not end when it was told to (SIGTERM), and was killed`
    this.#settings.recorder.record({ type: 'warning', scenario: this.#place.index, text })
  }

  #record(type: 'app-started' | 'app-ready', app: string): void {
    this.#settings.recorder.record({ type, scenario: this.#place.index, app, seenMs: this.#now() })
  }

  #now(): number {
    const { recorder, clock } = this.#settings
    return recorder.timeOf(clock.nowMs())
  }

  #progress(text: string): void {
    this.#settings.recorder.record({ type: 'progress', scenario: this.#place.index, text })
  }
}

function saidBy({ log }: RunningApp): string {
  return log.lastWords === '' ? '' : `; it said: ${log.lastWords}`
}

/** What an application is told of where it is to listen, and where the nodes are. */
function tellPlace(
  host: string,
  port: number,
  nodes: readonly (readonly [host: string, port: number])[],
): Record<string, string> {
  const all = nodes.map((node) => node.join(':')).join(',')
  return { PORT: String(port), HOST: host, REDIS_NODES: all, REDIS_CHAOS: '1' }
}
