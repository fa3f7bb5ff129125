import {
  CLIENTS,
  type LinkAnswer,
  type LinkCount,
  type LinkFault,
  type LinkProbe,
  type NetworkControl,
  UnsupportedFault,
} from '../faults.ts'
import { PlatformError, type ServerNode } from '../platform.ts'
import type { Engine } from './engine.ts'
import { LinkCarrier } from './links/carrier.ts'
import { checkLinks } from './links/check.ts'
import { probeFromHere } from './links/clients.ts'
import { type Division, detourChains, directEnds, divide } from './links/detours.ts'
import { type Lane, lanesOf } from './links/lanes.ts'
import { type Means, oneLine } from './links/means.ts'
import { type LiveNode, liveNodes, nodeNamed } from './links/nodes.ts'
import { rulesOf } from './links/packet-filter.ts'
import { checkProbe, type PlacedProbe, probeTasks, readAnswers } from './links/probing.ts'
import { demandReached, REACHED_WITHIN_MS, reachTasks } from './links/reach.ts'
import { intakeOf, shapeOf } from './links/shaping.ts'
import { demandMeans } from './links/support.ts'
import { keysOf, Tally } from './links/tally.ts'
import { StartWatcher } from './starts.ts'
import { failureOf, type StepResult, type ToolboxStep, type ToolboxTask } from './toolbox/job.ts'
import type { Toolbox } from './toolbox/toolbox.ts'

/** For rules of all nodes, or for reading their counters; the engine's own time is beside it. */
const JOB_TIMEOUT_MS = 5_000

export interface NetworkOptions {
  engine: Engine
  toolbox: Toolbox
  /** Which faults the kernel can bring about; found out once for an engine. */
  means(): Promise<Means>
  runId: string
  nodes: readonly ServerNode[]
  /** Made by this process just now: nothing of ours is there yet. */
  isNew: boolean
}

/** What was brought about in a node's namespace. */
interface Applied {
  pid: number
  /** Of the links, in the order of its counters. */
  keys: readonly string[]
  /** The commands for its queues. */
  shape: string
}

/**
 * Faults of the network of a group of containers: rules and queues in each node's own network namespace, put there from outside by a
 * toolbox container which enters all of them and ends. A node that starts anew has a namespace without them, and gets them again:
 * before `started` resolves, or, if someone else started it, when the engine tells.
 */
export class DockerNetworkControl implements NetworkControl {
  readonly #options: NetworkOptions
  readonly #closing = new AbortController()
  readonly #applied = new Map<string, Applied>()
  readonly #tally = new Tally()
  readonly #carrier: LinkCarrier
  #links: readonly LinkFault[] = []
  #division: Division = WHOLE
  #watcher: Promise<StartWatcher> | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #trouble: unknown
  #loss: PlatformError | undefined

  constructor(options: NetworkOptions) {
    this.#options = options
    this.#carrier = new LinkCarrier({ ...options, onLoss: (error) => this.#lose(error) })
  }

  /** What faults stand on and is gone, without which nothing that is seen says anything about them. */
  get loss(): PlatformError | undefined {
    return this.#loss
  }

  async set(links: readonly LinkFault[]): Promise<void> {
    checkLinks(
      links,
      this.#options.nodes.map(({ name }) => name),
    )
    const division = links.length > 0 ? await this.#demandPossible(links) : WHOLE
    await this.#inTurn(async () => {
      if (!this.#options.isNew && this.#applied.size === 0) {
        await this.#options.toolbox.removeStrangers(this.#options.runId)
      }
      await this.#prepareLinks(division)
      this.#trouble = undefined
      this.#links = [...links]
      this.#division = division
      if (links.length > 0) await this.#watch()
      await this.#apply(this.#options.nodes)
      await this.#carrier.settle(division)
      this.#tally.keepOnly(keysOf(links))
      if (links.length === 0) await this.#unwatch()
    })
  }

  counts(): Promise<LinkCount[]> {
    return this.#inTurn(async () => {
      this.#demandWell()
      const keys = keysOf(this.#links)
      const now = new Tally()
      if (keys.length > 0) await this.#readCounters(now)
      const carried = await this.#carrier.packets()
      return this.#links.map((link, index) => {
        const key = keys[index] ?? ''
        const place = this.#division.carried.findIndex((one) => one.index === index)
        return { link, packets: this.#tally.of(key) + now.of(key) + (carried[place] ?? 0) }
      })
    })
  }

  async probe(probes: readonly LinkProbe[], timeoutMs: number): Promise<LinkAnswer[]> {
    this.#demandWell()
    const { nodes, runId } = this.#options
    for (const probe of probes) {
      checkProbe(probe)
      for (const end of [probe.from, probe.to]) if (end !== CLIENTS) nodeNamed(nodes, runId, end)
    }
    const placed = probes.map((probe, index) => ({ probe, index }))
    const inside = placed.filter(({ probe }) => probe.from !== CLIENTS)
    const [answers, outside] = await Promise.all([
      inside.length === 0 ? new Map() : this.#probeInside(inside, timeoutMs),
      Promise.all(
        placed.map(async ({ probe }) =>
          probe.from === CLIENTS ? probeFromHere(probe, nodeNamed(nodes, runId, probe.to), timeoutMs) : undefined,
        ),
      ),
    ])
    return placed.map(({ probe, index }) => outside[index] ?? { ...probe, ...(answers.get(index) ?? SILENT) })
  }

  /** Applies again what the node has lost by starting anew, unless that was done already. */
  async started(node: string): Promise<void> {
    if (this.#links.length === 0) return
    await this.#inTurn(async () => {
      if (this.#links.length > 0) await this.#apply([nodeNamed(this.#options.nodes, this.#options.runId, node)], true)
    })
  }

  /** Ends what is under way; what was applied stays. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort(new PlatformError('the network of the group is not controlled any more'))
    await this.#turn
    await this.#unwatch()
    await this.#carrier.close()
    this.#loss = undefined
  }

  async #demandPossible(links: readonly LinkFault[]): Promise<Division> {
    const { toolbox, means } = this.#options
    if (!(await toolbox.isPrepared())) {
      throw new UnsupportedFault(
        'a fault of the network',
        'the servers were made without what it needs',
        'say so when they are made: `needs: { links: true }`',
      )
    }
    const known = await means()
    const division = divide(links, known)
    demandMeans(division.kernel, known)
    return division
  }

  /** Throws UnsupportedFault, and leaves no links behind, where nodes cannot come to the links. */
  async #prepareLinks(division: Division): Promise<void> {
    const isNew = !this.#carrier.isOpen
    await this.#carrier.prepare(division)
    if (!isNew || division.detours.length === 0) return
    const { engine, nodes } = this.#options
    try {
      const tasks = reachTasks(division, this.#carrier.doors, await liveNodes(engine, nodes))
      demandReached(await this.#run(Promise.resolve(tasks), 'try a link', REACHED_WITHIN_MS + JOB_TIMEOUT_MS))
    } catch (error) {
      await this.#carrier.close()
      throw error
    }
  }

  #lose(error: PlatformError): void {
    this.#loss ??= error
  }

  /** One after the other: the last state asked for is the one that stays. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(() => {
      this.#closing.signal.throwIfAborted()
      return work()
    })
    this.#turn = done.catch(() => undefined)
    return done
  }

  #demandWell(): void {
    if (this.#loss !== undefined) throw this.#loss
    if (this.#trouble !== undefined) throw this.#trouble
  }

  /** Makes these nodes as `#links` has it; those that do not run get it when they start. */
  async #apply(nodes: readonly ServerNode[], onlyNew = false): Promise<void> {
    const { engine } = this.#options
    const lanes = lanesOf(this.#division.kernel)
    const keys = keysOf(this.#links)
    const plan = async () => {
      const live = await liveNodes(engine, nodes)
      return live
        .filter(({ node, pid }) => !onlyNew || this.#applied.get(node.name)?.pid !== pid)
        .map((one) => this.#planFor(one, lanes))
    }
    const planning = plan()
    if (onlyNew && (await planning).length === 0) return
    const tasks = planning.then((plans) => plans.map(({ task }) => task))
    const results = await this.#run(tasks, 'apply faults of the network', JOB_TIMEOUT_MS)
    const failures: string[] = []
    for (const { live, task, shape } of await planning) {
      const done = results.get(task.key) ?? []
      const failure = failureOf(task, done)
      this.#carryOver(live, done)
      if (!failure) this.#applied.set(live.node.name, { pid: live.pid, keys, shape })
      else if (failure.step !== 'enter' || (await this.#isStill(live))) {
        this.#applied.delete(live.node.name)
        failures.push(`${live.node.name}: ${oneLine(failure.errors)} (${failure.step})`)
      }
    }
    if (failures.length === 0) return
    throw new PlatformError(`faults of the network could not be applied to ${failures.join('; ')}`)
  }

  #planFor(live: LiveNode, lanes: readonly Lane[]): { live: LiveNode; task: ToolboxTask; shape: string } {
    const { node, pid } = live
    const { nodes } = this.#options
    const { kernel, detours } = this.#division
    const shape = shapeOf(node, nodes, lanes)
    const chains = detourChains(node, nodes, detours, this.#carrier.doors)
    const counted = this.#links.length > 0 && (this.#applied.get(node.name)?.keys.length ?? 0) > 0
    const reset = { program: 'reset', input: directEnds(node, nodes, detours), mayFail: true } as const
    const steps: ToolboxStep[] = [
      ...(counted ? [{ program: 'counters', mayFail: true } as const] : []),
      { program: 'rules', input: rulesOf(node, nodes, kernel, lanes, chains) },
      ...(chains.length > 0 ? [reset] : []),
    ]
    // Queues that are as they should be stay: packets wait in them.
    if (this.#shapeNow(live) !== shape) {
      steps.push({ program: 'unshape' })
      const intake = intakeOf(node, lanes)
      if (intake !== '') steps.push({ program: 'intake', input: intake })
      if (shape !== '') steps.push({ program: 'shape', input: shape })
    }
    return { live, task: { key: node.name, namespace: { pid, address: node.peerHost }, steps }, shape }
  }

  /** The commands that made the node's queues; undefined where someone else may have made some. */
  #shapeNow({ node, pid }: LiveNode): string | undefined {
    const applied = this.#applied.get(node.name)
    if (applied?.pid === pid) return applied.shape
    return applied || this.#options.isNew ? '' : undefined
  }

  #carryOver({ node, pid }: LiveNode, results: readonly StepResult[]): void {
    const before = this.#applied.get(node.name)
    const counters = results.find(({ step, exit }) => step === 'counters' && exit === 0)
    if (before?.pid === pid && counters) this.#tally.add(before.keys, counters.output)
  }

  async #isStill({ node, pid }: LiveNode): Promise<boolean> {
    const [now] = await liveNodes(this.#options.engine, [node])
    return now?.pid === pid
  }

  async #readCounters(tally: Tally): Promise<void> {
    const { engine, nodes } = this.#options
    const tasks = liveNodes(engine, nodes).then((live) =>
      live
        .filter(({ node, pid }) => this.#applied.get(node.name)?.pid === pid)
        .map(({ node, pid }): ToolboxTask => {
          const steps: ToolboxStep[] = [{ program: 'counters', mayFail: true }]
          return { key: node.name, namespace: { pid, address: node.peerHost }, steps }
        }),
    )
    const results = await this.#run(tasks, 'count packets', JOB_TIMEOUT_MS)
    for (const [name, done] of results) tally.add(this.#applied.get(name)?.keys ?? [], done[0]?.output ?? '')
  }

  async #probeInside(probes: readonly PlacedProbe[], timeoutMs: number) {
    const { engine, nodes } = this.#options
    const senders = nodes.filter(({ name }) => probes.some(({ probe }) => probe.from === name))
    const tasks = liveNodes(engine, senders).then((live) => probeTasks(probes, nodes, live, timeoutMs))
    const results = await this.#run(tasks, 'try connections', timeoutMs + JOB_TIMEOUT_MS)
    for (const task of await tasks) {
      const failure = failureOf(task, results.get(task.key) ?? [])
      if (failure) throw new PlatformError(`no connection could be tried from ${task.key}: ${oneLine(failure.errors)}`)
    }
    return readAnswers([...results.values()].flat())
  }

  #run(tasks: Promise<readonly ToolboxTask[]>, purpose: string, timeoutMs: number) {
    const { toolbox, runId } = this.#options
    return toolbox.run(tasks, { runId, purpose, timeoutMs, enters: true, signal: this.#closing.signal })
  }

  async #watch(): Promise<void> {
    if (this.#watcher !== undefined) return
    const { engine, runId, nodes } = this.#options
    this.#watcher = StartWatcher.open(engine, runId)
    const watcher = await this.#watcher
    for (const node of nodes) void this.#follow(watcher, node)
  }

  async #unwatch(): Promise<void> {
    const watcher = await this.#watcher?.catch(() => undefined)
    this.#watcher = undefined
    watcher?.close()
  }

  async #follow(watcher: StartWatcher, node: ServerNode): Promise<void> {
    let seen = watcher.changesOf(node.serverName)
    while (await watcher.next(node.serverName, seen, this.#closing.signal)) {
      seen = watcher.changesOf(node.serverName)
      try {
        await this.started(node.name)
      } catch (error) {
        // Whoever asks next is told: until it is applied again, nothing that is seen says anything about the faults.
        if (!this.#closing.signal.aborted) this.#trouble ??= error
      }
    }
  }
}

/** Nothing is divided where there is nothing. */
const WHOLE: Division = { detours: [], kernel: [], carried: [] }

const SILENT = { outcome: 'silent' as const }
