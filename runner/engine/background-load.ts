import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { sharedNowMs } from '../base/clock.ts'
import { poll } from '../base/poll.ts'
import { hostToConnect, type LiveCluster, type Snapshot } from '../cluster/live-cluster.ts'
import { missingSlots } from '../cluster/slots.ts'
import { viewDifferences } from '../cluster/view-differences.ts'
import type { ServerGroup } from '../platforms/platform.ts'
import { hasOwnLoadUser, loadUser } from '../platforms/users.ts'
import type { Scenario } from '../scenario/model.ts'
import { OWN_CLIENT } from '../workload/client/own-client.ts'
import type { Unended } from '../workload/client/unended.ts'
import { Load } from '../workload/load.ts'
import type { SeenDriver } from '../workload/thread/request.ts'
import type { Applications } from './applications.ts'
import { ConnectionWatch } from './connection-watch.ts'
import { outageLimitMs, waitForOutages } from './outage-wait.ts'
import type { RunSettings } from './run-settings.ts'
import type { Strangers } from './strangers.ts'

/** Longest wait for nodes that are of one mind before the final reads, ms. */
const SETTLED_WITHIN_MS = 15_000
const LOOK_EVERY_MS = 50
/** How long final reads that fail are tried again, ms. */
const FINAL_READS_WITHIN_MS = 10_000

/** What the load is driven against. */
export interface LoadStage {
  servers: ServerGroup
  cluster: LiveCluster
  apps: Applications
}

export interface LoadPlace {
  /** Place of the scenario in the run. */
  index: number
  /** The folder of its histories. */
  historyFolder: string
  /** Begin of the scenario, by the run's clock, ms. */
  startMs: number
}

/**
 * The workloads of one scenario while it is played: begun before its first step, ended after its last, recorded as
 * histories.
 */
export class BackgroundLoad {
  readonly #scenario: Scenario
  readonly #place: LoadPlace
  readonly #settings: RunSettings
  readonly #load: Load
  #connections: ConnectionWatch | undefined
  #apps: Applications | undefined
  #failure: unknown
  #closed = false

  /** Undefined if the scenario has no workloads. The thread starts at once, beside the setting up of the cluster. */
  static for(
    scenario: Scenario,
    place: LoadPlace,
    settings: RunSettings,
    strangers?: Strangers,
  ): BackgroundLoad | undefined {
    return scenario.workloads.length === 0 ? undefined : new BackgroundLoad(scenario, place, settings, strangers)
  }

  private constructor(scenario: Scenario, place: LoadPlace, settings: RunSettings, strangers?: Strangers) {
    this.#scenario = scenario
    this.#place = place
    this.#settings = settings
    const { recorder } = settings
    this.#load = new Load(
      (workload, series) => recorder.record({ type: 'load-bins', scenario: place.index, workload, series }),
      ({ fromMs, toMs }) => {
        const times = { fromMs: this.#runTime(fromMs), toMs: this.#runTime(toMs) }
        recorder.record({ type: 'stall-seen', scenario: place.index, who: 'load', ...times })
      },
      (node, text) => strangers?.heldPort(node, text),
      (workload, seen) => this.#recordDriver(workload, seen),
    )
  }

  /** Lets the clients begin. Rejects with LoadRefused if these servers cannot take the load, or the signal's reason. */
  async begin({ servers, cluster, apps }: LoadStage, signal: AbortSignal): Promise<void> {
    this.#apps = apps
    const { clock, password, recorder, seed } = this.#settings
    mkdirSync(this.#place.historyFolder, { recursive: true })
    const elapsedMs = clock.nowMs() - this.#place.startMs
    const request = {
      workloads: this.#scenario.workloads.map(({ name, options }, place) => {
        const driverLog = path.join(this.#place.historyFolder, `${name}.driver.log`)
        const port = apps.portOf(name)
        const own = { driverLog, username: loadUser(place), ...(port !== undefined && { port }) }
        return { name, options, file: this.#fileOf(name), ...own }
      }),
      // They are led to those that are added by what the others say.
      nodes: [...servers.nodes, ...servers.spares].map((node) => {
        const { name, port, peerHost, peerPort, guard } = node
        return { name, host: hostToConnect(node), port, peerHost, peerPort, ...(guard && { guard }) }
      }),
      ...(servers.guests && { guests: servers.guests }),
      password,
      shards: this.#scenario.cluster.topology.slots,
      seed,
      originMs: sharedNowMs() - elapsedMs,
      startWallMs: clock.wallMs() - elapsedMs,
    }
    await this.#load.open(request, signal)
    const own = this.#scenario.workloads.filter((_, place) => hasOwnLoadUser(place))
    const users = new Map(own.map(({ name }, place) => [loadUser(place), name]))
    this.#connections = new ConnectionWatch(cluster, { recorder, clock, scenario: this.#place.index, users })
    await this.#connections.begin()
    this.#noteOwnClients()
    await this.#load.begin()
  }

  /** Of a client library that the runner has itself no driver says the version. */
  #noteOwnClients(): void {
    for (const { name: workload, options } of this.#scenario.workloads) {
      if (options.client !== 'ioredis') continue
      this.#recordDriver(workload, { did: 'ready', ...OWN_CLIENT })
    }
  }

  /** Operations from now on belong to this phase of the scenario. */
  phase(name: string): void {
    this.#load.phase(name)
  }

  /** Resolves when the outages that clients are in have ended, or have lasted longer than they may. */
  async outlastOutages(signal: AbortSignal): Promise<void> {
    const { clock, events } = this.#settings
    const { index } = this.#place
    await waitForOutages({
      outForMs: async (waitedMs) => {
        const out = Object.entries(await this.#load.outForMs(waitedMs))
        // That of an application that is gone will not end.
        return Object.fromEntries(out.filter(([workload]) => this.#apps?.hasEnded(workload) !== true))
      },
      limitMs: (workload) => outageLimitMs(workload, this.#scenario.checks, events, index),
      progress: (text) => this.#progress(text),
      clock,
      signal,
      // A load that broke says so when it is stopped.
    }).catch(() => undefined)
  }

  /**
   * Resolves when no operation is under way any more. A failure is kept for `readFinals`: what was broken on purpose
   * must be healed first.
   */
  async stop(): Promise<void> {
    this.#progress('waiting for the last operations of the workloads')
    try {
      this.#recordUnended(await this.#load.rest())
      await this.#connections?.end()
      await this.#load.stop()
    } catch (error) {
      this.#failure = error
    }
  }

  /**
   * Reads from the masters what is left, once the nodes are of one mind, and says what could not be read. Rejects if
   * the load broke.
   */
  async readFinals(cluster: LiveCluster, signal: AbortSignal): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    const { clock } = this.#settings
    const look = async () => {
      const problems = unsettled(await cluster.look())
      return { ok: problems.length === 0, seen: problems.slice(0, 2).join('; ') }
    }
    this.#progress('waiting for all nodes to agree, before the final reads')
    const settled = await poll(look, { clock, signal, withinMs: SETTLED_WITHIN_MS, everyMs: LOOK_EVERY_MS })
    this.#progress('reading back what the workloads wrote')
    const gone = this.#scenario.apps.flatMap(({ name }) => (this.#apps?.hasEnded(name) ? [name] : []))
    for (const app of gone) this.#warn(`what ${app} wrote could not be read back: the application had ended`)
    const unread = await this.#load.readFinals(FINAL_READS_WITHIN_MS, gone)
    for (const [workload, count] of Object.entries(unread)) {
      if (count === 0) continue
      const why = settled.ok ? '' : `: ${settled.lastSeen}`
      const isApp = this.#apps?.portOf(workload) !== undefined
      const from = isApp ? 'through the application' : 'from their masters'
      this.#warn(`${count} keys of the workload ${workload} could not be read ${from} at the end${why}`)
    }
  }

  /** Says that final reads are left out: the servers were somebody else's meanwhile. */
  tellUnread(): void {
    this.#warn('what the workloads wrote was not read back: after a pause it may be what somebody made of it')
  }

  /** Ends everything, at any time. Resolves with what could not be written. Idempotent. */
  async close(): Promise<string[]> {
    if (this.#closed) return []
    this.#closed = true
    this.#connections?.stop()
    const problems = await this.#load.close()
    const { recorder, folder } = this.#settings
    for (const { name } of this.#scenario.workloads) {
      const file = path.relative(folder.path, this.#fileOf(name))
      recorder.record({ type: 'history-saved', scenario: this.#place.index, workload: name, file })
    }
    return problems
  }

  #recordDriver(workload: string, seen: SeenDriver): void {
    const { recorder, clock } = this.#settings
    const { index: scenario } = this.#place
    if (seen.did === 'stay') {
      recorder.record({ type: 'warning', scenario, text: `workload ${workload}: ${seen.text}` })
    } else if (seen.did === 'ready') {
      const { name, version, can } = seen
      recorder.record({ type: 'driver-ready', scenario, workload, name, version, can: [...can] })
    } else {
      const { driver, text, lastWords } = seen
      const seenMs = recorder.timeOf(clock.nowMs())
      recorder.record({ type: 'driver-misbehaved', scenario, workload, driver, seenMs, text, lastWords })
    }
  }

  #recordUnended(unended: Record<string, Unended>): void {
    const { clock, recorder } = this.#settings
    const seenMs = recorder.timeOf(clock.nowMs())
    for (const [workload, { operations, silent, ...counts }] of Object.entries(unended)) {
      const since = operations.map((one) => ({ ...one, sinceMs: this.#runTime(one.sinceMs) }))
      const seen = {
        ...{ workload, seenMs, operations: since, ...counts },
        ...(silent && { silent: { ...silent, sinceMs: this.#runTime(silent.sinceMs) } }),
      }
      recorder.record({ type: 'unanswered-seen', scenario: this.#place.index, ...seen })
    }
  }

  #warn(text: string): void {
    this.#settings.recorder.record({ type: 'warning', scenario: this.#place.index, text })
  }

  #progress(text: string): void {
    this.#settings.recorder.record({ type: 'progress', scenario: this.#place.index, text })
  }

  /** Of ms from the scenario's start, as the load's thread counts them. */
  #runTime(ms: number): number {
    return this.#settings.recorder.timeOf(this.#place.startMs + ms)
  }

  #fileOf(workload: string): string {
    return path.join(this.#place.historyFolder, `${workload}.history`)
  }
}

/**
 * Why it is not yet clear who the masters are: a node with an old view would answer for keys that are no longer its
 * own.
 */
function unsettled(snapshot: Snapshot): string[] {
  const { shards } = snapshot.agreed
  const failed = [...snapshot.reports.values()].filter(({ info }) => info.state !== 'ok')
  return [
    ...(missingSlots(shards.flatMap(({ slots }) => slots)).length > 0 ? ['some slots have no owner'] : []),
    ...shards.filter(({ master }) => !snapshot.reports.has(master)).map(({ master }) => `${master} does not answer`),
    ...failed.map(({ name }) => `the cluster state is fail on ${name}`),
    ...viewDifferences(snapshot),
  ]
}
