import { sharedNowMs, systemClock } from '../../base/clock.ts'
import { messageOf } from '../../base/errors.ts'
import type { Stall } from '../../base/pulse.ts'
import { seedFor } from '../../base/random.ts'
import { NodeClient } from '../../cluster/node-client.ts'
import { HistoryWriter } from '../../record/history-writer.ts'
import type { LoadSeries } from '../../record/load-series.ts'
import { DirectClient } from '../client/direct.ts'
import type { NodeAddress } from '../client/slot-map.ts'
import type { Unended } from '../client/unended.ts'
import { readFinally } from '../drive/final-reads.ts'
import { DriverRefused } from '../drivers/driver-client.ts'
import { workloadKindByName } from '../index.ts'
import type { LoadRefusal, LoadRequest, SeenDriver } from './request.ts'
import { RunningWorkload } from './running-workload.ts'

const TICK_MS = 50
const FLUSH_EVERY_MS = 1000
const FINAL_READ_TIMEOUT_MS = 2000
/** Clients of the final reads: what shares connections. */
const FINAL_CLIENTS = 64

export interface SessionListener {
  onSeries(workload: string, series: LoadSeries): void
  /** The thread stood still; ms from the scenario's start. */
  onStall(stall: Stall): void
  /** Somebody else was met on the port of a node; nothing was said to them. */
  onStranger(node: string, text: string): void
  /** Something is to be recorded of a client driver. */
  onDriver(workload: string, seen: SeenDriver): void
}

/** All workloads of one scenario, from the first connection to the last byte of their histories. */
export class Session {
  readonly #request: LoadRequest
  readonly #listener: SessionListener
  readonly #running: RunningWorkload[] = []
  readonly #timers: NodeJS.Timeout[] = []
  #stallsToldMs = systemClock.nowMs()

  constructor(request: LoadRequest, listener: SessionListener) {
    this.#request = { ...request, nodes: request.nodes.map((node) => watched(node, listener)) }
    this.#listener = listener
  }

  /** Opens histories and connections. Resolves with a reason if the load cannot run on these servers. */
  async open(): Promise<LoadRefusal | undefined> {
    const refusal = await this.#refusal()
    if (refusal) return refusal
    const { workloads, seed } = this.#request
    for (const { name, options, file, driverLog, username, port } of workloads) {
      const kind = workloadKindByName.get(options.type)
      if (!kind) throw new Error(`there is no workload of type ${options.type}`)
      const history = new HistoryWriter({
        file,
        workload: name,
        type: options.type,
        clients: options.clients,
        startWallMs: this.#request.startWallMs,
        options: options.own,
      })
      const series = (one: LoadSeries) => this.#listener.onSeries(name, one)
      const onDriver = (seen: SeenDriver) => this.#listener.onDriver(name, seen)
      const tools = { driverLog, port, seed: seedFor(seed, name), onSeries: series, onDriver }
      const own = { name, options, username, kind, history, ...tools }
      this.#running.push(
        new RunningWorkload({ ...own, request: this.#request, now: () => this.#now(), ranMs: () => this.#ranMs() }),
      )
    }
    return await this.#warmUp()
  }

  async #warmUp(): Promise<LoadRefusal | undefined> {
    try {
      await Promise.all(this.#running.map((workload) => workload.warmUp()))
      return undefined
    } catch (error) {
      if (!(error instanceof DriverRefused)) throw error
      const { message, hint } = error
      return { message, ...(hint !== undefined && { hint }) }
    }
  }

  begin(): void {
    for (const workload of this.#running) workload.begin()
    const tick = () => {
      this.#tellStalls()
      for (const workload of this.#running) workload.tick()
    }
    const flush = () => {
      for (const workload of this.#running) workload.history.flush()
    }
    this.#timers.push(setInterval(tick, TICK_MS), setInterval(flush, FLUSH_EVERY_MS))
  }

  phase(name: string): void {
    for (const { history } of this.#running) history.phase(name)
  }

  /** How long clients have been out, by workload, ms: of those alone that are. */
  outForMs(waitedMs: number): Record<string, number> {
    const out = this.#running.map((workload) => [workload.name, workload.outForMs(waitedMs)] as const)
    return Object.fromEntries(out.flatMap(([name, ms]) => (ms === undefined ? [] : [[name, ms]])))
  }

  /**
   * Sends nothing more. Resolves when no operation is waited for any more, with what clients have not ended all the
   * same, by workload; their connections stay open.
   */
  async rest(): Promise<Record<string, Unended>> {
    const rested = this.#running.map(async (workload) => [workload.name, await workload.rest()] as const)
    return Object.fromEntries(await Promise.all(rested))
  }

  /** Resolves when no operation is under way any more. */
  async stop(): Promise<void> {
    await Promise.all(this.#running.map((workload) => workload.stop()))
    this.#tellStalls()
  }

  /**
   * Reads what is left of each workload's data, but for those in `except`. Resolves with how many reads came to nothing,
   * by workload.
   */
  async readFinals(withinMs: number, except: readonly string[] = []): Promise<Record<string, number>> {
    const { nodes, password } = this.#request
    const now = () => this.#now()
    const options = { clients: FINAL_CLIENTS, ownConnections: false, timeoutMs: FINAL_READ_TIMEOUT_MS, now }
    const client = new DirectClient({ nodes, password, ...options })
    const ranMs = () => this.#ranMs()
    const untilMs = ranMs() + withinMs
    try {
      await client.learn()
      const asked = this.#running.filter(({ name }) => !except.includes(name))
      const unread = asked.map(async (workload) => {
        const reads = workload.finalReads()
        const { history, nodeNumbers } = workload
        const own = workload.finalClient()
        const from = { client: own ?? client, history, nodes: nodeNumbers }
        const count = await readFinally(reads, { ...from, untilMs, now, ranMs }).finally(() => own?.close())
        return [workload.name, count] as const
      })
      return Object.fromEntries(await Promise.all(unread))
    } finally {
      client.close()
    }
  }

  /** Ends everything. Resolves with what could not be written. */
  async close(): Promise<string[]> {
    for (const timer of this.#timers.splice(0)) clearInterval(timer)
    const ends = await Promise.allSettled(this.#running.splice(0).map((workload) => workload.close()))
    return ends.flatMap((end) => (end.status === 'rejected' ? [messageOf(end.reason)] : []))
  }

  /** Ms from the scenario's start, without the times in which this thread stood still. */
  #ranMs(): number {
    return systemClock.ranMs() - systemClock.nowMs() + this.#now()
  }

  #tellStalls(): void {
    const sinceOriginMs = this.#now() - systemClock.nowMs()
    for (const { fromMs, toMs } of systemClock.stallsSince(this.#stallsToldMs)) {
      this.#stallsToldMs = toMs
      this.#listener.onStall({ fromMs: fromMs + sinceOriginMs, toMs: toMs + sinceOriginMs })
    }
  }

  /** Ms from the scenario's start. */
  #now(): number {
    return sharedNowMs() - this.#request.originMs
  }

  async #refusal(): Promise<LoadRefusal | undefined> {
    const durable = this.#request.workloads.find(({ options }) => options.durability !== undefined)
    if (!durable || (await this.#hasWaitAof())) return undefined
    return {
      message: `the workload ${durable.name} has \`durability\`, and these servers have no WAITAOF`,
      hint: "WAITAOF is in Redis from 7.2 and in Valkey. Add requires: { server: '>=7.2' }, or choose another server.",
    }
  }

  async #hasWaitAof(): Promise<boolean> {
    const [node] = this.#request.nodes
    if (!node) return false
    const client = new NodeClient({ ...node, password: this.#request.password })
    try {
      const reply = await client.call('COMMAND', 'INFO', 'WAITAOF')
      return Array.isArray(reply) && Array.isArray(reply[0])
    } finally {
      client.close()
    }
  }
}

function watched(node: NodeAddress, { onStranger }: SessionListener): NodeAddress {
  if (node.guard === undefined) return node
  return { ...node, guard: { ...node.guard, onStranger: (text) => onStranger(node.name, text) } }
}
