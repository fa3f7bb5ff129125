import type { HistoryWriter } from '../../record/history-writer.ts'
import type { LoadSeries } from '../../record/load-series.ts'
import { HttpClient } from '../apps/http-client.ts'
import { ApplicationClient } from '../client/application.ts'
import { DirectClient } from '../client/direct.ts'
import type { LoadClient, Operation } from '../client/operation.ts'
import { NOTHING_UNENDED, type Unended } from '../client/unended.ts'
import { needsOf } from '../client-needs.ts'
import { ownsConnections } from '../connections.ts'
import { Bins } from '../drive/bins.ts'
import { Driver } from '../drive/driver.ts'
import { makeKeys } from '../drive/keys.ts'
import { Values } from '../drive/values.ts'
import { DriverClient, type DriverListener } from '../drivers/driver-client.ts'
import type { Workload, WorkloadKind, WorkloadTools } from '../kind.ts'
import type { LoadOptions } from '../options.ts'
import type { LoadRequest, SeenDriver } from './request.ts'

export interface RunningWorkloadOptions {
  name: string
  options: LoadOptions
  /** Default: the user `default`. */
  username?: string | undefined
  kind: WorkloadKind
  history: HistoryWriter
  seed: number
  request: LoadRequest
  /** Absent: it has no driver. */
  driverLog?: string | undefined
  /** Of the application that it goes through. */
  port?: number | undefined
  onSeries(series: LoadSeries): void
  onDriver(seen: SeenDriver): void
  now(): number
  ranMs(): number
}

/** One workload with its clients, its history and its bins. */
export class RunningWorkload {
  readonly name: string
  readonly history: HistoryWriter
  /** Numbers of the nodes in the history, by their place in the request. */
  readonly nodeNumbers: readonly number[]
  readonly #own: RunningWorkloadOptions
  readonly #now: () => number
  readonly #request: LoadRequest
  readonly #client: LoadClient
  readonly #workload: Workload
  readonly #driver: Driver
  readonly #bins: Bins

  constructor(own: RunningWorkloadOptions) {
    const { name, options, kind, history, seed, request, onSeries, now, ranMs } = own
    this.#own = own
    this.name = name
    this.history = history
    this.#now = now
    this.#request = request
    const { nodes, shards } = request
    this.nodeNumbers = nodes.map((node) => history.node(node.name))
    this.#client = makeClient(own)
    const keys = makeKeys(`load:${name}`, options.keys, shards, options.shards ?? [...shards.keys()])
    this.#workload = kind.open({ keys, options, history, values: new Values(options.valueSize, history) })
    this.#bins = new Bins(onSeries)
    const parts = { workload: this.#workload, client: this.#client, bins: this.#bins, nodes: this.nodeNumbers }
    this.#driver = new Driver({ options, keys, shards, history, seed, now, ranMs, ...parts })
  }

  async warmUp(): Promise<void> {
    await this.#client.warmUp()
    await this.#workload.start?.(this.#tools())
  }

  begin(): void {
    this.#driver.begin()
  }

  tick(): void {
    this.#bins.tick(this.#now())
  }

  /** How long clients have been in the outage that began first of those that are open, ms; undefined if none is. `waitedMs`: how long somebody waits for it to end. */
  outForMs(waitedMs: number): number | undefined {
    // What its client cannot ask any more is not out.
    const sinceMs = this.#client.isBroken ? undefined : this.#driver.outSinceMs(waitedMs)
    return sinceMs === undefined ? undefined : this.#now() - sinceMs
  }

  /** Sends nothing more. Resolves when no operation is waited for any more; connections stay open. */
  async rest(): Promise<Unended> {
    await this.#driver.stop()
    return (await this.#client.unended?.()) ?? NOTHING_UNENDED
  }

  async stop(): Promise<void> {
    await this.#driver.stop()
    this.#bins.finish()
    await this.#workload.stop?.()
    await this.#client.stop?.()
    await this.#client.close()
  }

  finalReads(): Iterable<Operation> {
    return this.#workload.finalReads()
  }

  /** Of a workload whose data only its application can read: a client for that, to be closed. */
  finalClient(): HttpClient | undefined {
    return httpClient(this.#own)
  }

  /** Rejects with HistoryError if the history could not be written. */
  async close(): Promise<void> {
    this.#driver.halt()
    const closing = this.#client.close()
    this.#workload.halt?.()
    await Promise.all([closing, this.history.close()])
  }

  #tools(): WorkloadTools {
    const { nodes, password } = this.#request
    const client = this.#client
    const direct = client instanceof DirectClient ? client : undefined
    return {
      nodes,
      password,
      nodeNumbers: this.nodeNumbers,
      now: this.#now,
      ownerOf: (slot) => direct?.map.ownerOf(slot),
      doubt: () => direct?.doubt(),
    }
  }
}

function makeClient(own: RunningWorkloadOptions): LoadClient {
  const application = httpClient(own)
  if (application) return application
  const { options, username, request, driverLog = '', onDriver, now } = own
  const { nodes, guests, password } = request
  const { clients, timeoutMs, readFrom, ioredis, driver } = options
  if (driver) {
    const servers = { nodes, guests, username, password }
    const listener: DriverListener = {
      onReady: ({ name, version, can }) => onDriver({ did: 'ready', name, version, can }),
      onMisdeed: (misdeed) => onDriver({ did: 'misbehave', ...misdeed }),
      onDeaf: (text) => onDriver({ did: 'stay', text }),
    }
    const load = { clients, timeoutMs, readFrom, needs: needsOf(options) }
    return new DriverClient({ ...servers, ...load, plan: driver, log: driverLog, listener, now })
  }
  if (options.client === 'ioredis') {
    return new ApplicationClient({
      nodes,
      username,
      password,
      timeoutMs,
      now,
      readFromReplicas: readFrom === 'replica',
      options: ioredis,
    })
  }
  const ownConnections = ownsConnections(options)
  const readsReplicas = readFrom === 'replica'
  return new DirectClient({ nodes, username, password, clients, ownConnections, readsReplicas, timeoutMs, now })
}

function httpClient({ options, port = 0, now }: RunningWorkloadOptions): HttpClient | undefined {
  const { clients, timeoutMs, http } = options
  return http && new HttpClient({ port, put: http.put, get: http.get, clients, timeoutMs, now })
}
