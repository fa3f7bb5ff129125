import type { Clock } from '../base/clock.ts'
import { FailoverLog } from '../cluster/failover-log.ts'
import { watchTiming } from '../cluster/failover-timing.ts'
import type { LiveCluster } from '../cluster/live-cluster.ts'
import { NodeClient } from '../cluster/node-client.ts'
import { probeService } from '../cluster/service-probe.ts'
import { planNodes, shardsWithSlots, type Topology } from '../cluster/topology.ts'
import { ViewWatch } from '../cluster/view-watch.ts'
import { dialectOf } from '../platforms/dialects.ts'
import type { LogLine, ServerGroup } from '../platforms/platform.ts'
import type { Recorder } from '../record/event-log.ts'
import { WallClock } from '../record/wall-clock.ts'
import type { Strangers } from './strangers.ts'
import { type ServerAction, WatchedServers } from './watched-servers.ts'

export interface FailoverWatchOptions {
  recorder: Recorder
  clock: Clock
  /** Place of the scenario in the run, from 0. */
  scenario: number
  /** Of a node as it is now, in words: `redis 7.0.15`. */
  serverOf(node: string): string
  /** Reads each new view of a node. */
  strangers?: Pick<Strangers, 'readView'>
  /** Hears of servers that give no answer, and of what the run does to their processes. */
  servers?: ServerListener
}

interface ServerListener {
  onSilence(node: string): void
  onBegin(action: ServerAction, node: string): Promise<void>
  onDone(action: ServerAction, node: string): void
}

/** Pause between two looks at a node and two writes to a shard, ms, while nothing happens. */
const CALM_MS = 100
/** While something goes on. */
const ALERT_MS = 50
/** Just after something was seen to happen: more follows. */
const BURST_MS = 20
const BURST_FOR_MS = 1500
/**
 * How long something is taken to go on after it was last seen, ms: longer than a lost election waits at the default
 * node time-out.
 */
const ALERT_FOR_MS = 30_000

/**
 * Watches one scenario's cluster for failovers, and records every fact it sees: what servers log, what nodes say of
 * each other, whether writes are served, and what the run does to servers. It looks rarely until something happens, and
 * touches nothing: its connections are its own, and its writes change nothing.
 */
export class FailoverWatch {
  readonly #options: FailoverWatchOptions
  readonly #wallClock: WallClock
  readonly #log: FailoverLog
  readonly #stops: (() => void)[] = []
  #alertedMs = Number.NEGATIVE_INFINITY
  /** Between these two moments of the clock what logs tell counts: not the forming, not the cleaning up. */
  #fromMs = Number.POSITIVE_INFINITY
  #until: { nowMs: number; wallMs: number } | undefined

  constructor(options: FailoverWatchOptions) {
    this.#options = options
    this.#wallClock = new WallClock(options.clock)
    this.#log = new FailoverLog((node) => dialectOf(options.serverOf(node)), this.#wallClock)
  }

  /** Takes a line of a node's log, every one from the first. */
  readLine(node: string, line: LogLine): void {
    const told = this.#log.read(node, line)
    if (told === undefined) return
    const { nowMs: mappedMs, ...fact } = told
    const nowMs = mappedMs + this.#heldMs()
    if (nowMs < this.#fromMs || (this.#until && nowMs > this.#until.nowMs)) return
    const { recorder, scenario } = this.#options
    recorder.record({ type: 'failover-seen', scenario, ...fact, seenMs: recorder.timeOf(nowMs) })
    this.#alert()
  }

  /** Begins looking at a cluster that is ready. */
  start(cluster: LiveCluster, topology: Topology): void {
    const { clock, recorder, scenario, serverOf } = this.#options
    const { nowMs, ...both } = this.#wallClock.now()
    this.#fromMs = nowMs
    recorder.record({ type: 'clocks-seen', scenario, seenMs: recorder.timeOf(nowMs), ...both })
    const everyMs = () => this.#everyMs()
    const timed = <T extends { afterMs: number; seenMs: number }>(fact: T): T => ({
      ...fact,
      afterMs: recorder.timeOf(fact.afterMs),
      seenMs: recorder.timeOf(fact.seenMs),
    })
    const clients: NodeClient[] = []
    const probes: NodeClient[] = []
    const views = new ViewWatch({
      clock,
      nameOf: (node) => cluster.nameOf(node),
      everyMs,
      onView: (view, askedMs) => this.#options.strangers?.readView(view, askedMs),
      onChange: (change) => {
        recorder.record({ type: 'view-seen', scenario, ...timed(change) })
        if (change.unreachable !== undefined) this.#options.servers?.onSilence(change.node)
        if (change.view?.every(({ failing }) => failing === undefined) !== true) this.#alert()
      },
    })
    cluster.onNode(({ name }) => {
      const client = new NodeClient(cluster.address(name))
      clients.push(client)
      views.watch(client)
      probes.push(new NodeClient(cluster.address(name)))
    })
    // Steps look often while they wait for something: what they see is not thrown away.
    cluster.onReport = ({ view }, askedMs) => views.take(view, askedMs)
    this.#stops.push(
      () => views.stop(),
      // Whoever puts a fault on nodes and says so has it watched closely.
      recorder.subscribe(({ type }) => {
        if (type === 'fault-seen') this.#alert()
      }),
      watchTiming({
        clients,
        clock,
        dialectOf: (node) => dialectOf(serverOf(node)),
        onChange: (timing) => recorder.record({ type: 'timing-seen', scenario, ...timing }),
      }),
      probeService({
        shards: shardsOf(topology),
        clients: probes,
        clock,
        nameOfAddress: (host, port, asked) =>
          cluster.nameOfAddress(host === '' ? cluster.node(asked).host : host, port),
        everyMs,
        onChange: (change) => {
          recorder.record({ type: 'service-seen', scenario, ...timed(change) })
          if (!change.served) this.#alert()
        },
      }),
    )
  }

  /** The same servers, but what is done to them is recorded as faults. */
  watched(servers: ServerGroup): WatchedServers {
    return new WatchedServers(servers, this.#options.clock, {
      onBegin: async (action, node) => {
        this.#alert()
        await this.#options.servers?.onBegin(action, node)
      },
      onServer: (node, server) =>
        this.#options.recorder.record({ type: 'server-changed', scenario: this.#options.scenario, node, server }),
      onDone: (action, node) => this.#options.servers?.onDone(action, node),
      onFault: (fault) => {
        const { recorder, scenario } = this.#options
        const times = { fromMs: recorder.timeOf(fault.fromMs), toMs: recorder.timeOf(fault.toMs) }
        recorder.record({ type: 'fault-seen', scenario, ...fault, ...times })
      },
    })
  }

  /** Ends the looking; log lines that are still under way and tell of the time before are recorded. Idempotent. */
  stop(): void {
    if (this.#stops.length === 0) return
    const { clock, recorder, scenario } = this.#options
    for (const stop of this.#stops.splice(0)) stop()
    this.#until = { nowMs: clock.nowMs(), wallMs: clock.wallMs() }
    recorder.record({ type: 'watch-ended', scenario })
  }

  /**
   * How long the clock was held since the looking ended, ms. Servers go on logging meanwhile, and by this clock all of
   * it is of the moment at which it was held.
   */
  #heldMs(): number {
    if (this.#until === undefined) return 0
    const { clock } = this.#options
    return Math.max(0, clock.wallMs() - this.#until.wallMs - (clock.nowMs() - this.#until.nowMs))
  }

  #alert(): void {
    this.#alertedMs = this.#options.clock.nowMs()
  }

  #everyMs(): number {
    const sinceMs = this.#options.clock.nowMs() - this.#alertedMs
    if (sinceMs < BURST_FOR_MS) return BURST_MS
    return sinceMs < ALERT_FOR_MS ? ALERT_MS : CALM_MS
  }
}

/** Those that a write can be tried on. */
function shardsOf(topology: Topology) {
  const nodes = planNodes(topology, 'redis-node')
  return shardsWithSlots(topology).map((number) => ({
    number,
    slots: topology.slots[number - 1] ?? [],
    nodes: nodes.filter(({ shard }) => shard === number).map(({ name }) => name),
  }))
}
