import { PlatformError } from '../errors.ts'
import {
  CLIENTS,
  type LinkAnswer,
  type LinkCount,
  type LinkFault,
  type LinkProbe,
  type NetworkControl,
  UnsupportedFault,
} from '../faults.ts'
import type { ServerNode } from '../platform.ts'
import type { Engine } from './engine.ts'
import { LinkApplier, type NetworkState } from './links/applier.ts'
import { LinkCarrier } from './links/carrier.ts'
import { checkLinks } from './links/check.ts'
import { probeFromHere } from './links/clients.ts'
import { type Division, divide } from './links/detours.ts'
import { type Means, oneLine } from './links/means.ts'
import { liveNodes, nodeNamed } from './links/nodes.ts'
import { checkProbe, type PlacedProbe, probeTasks, readAnswers } from './links/probing.ts'
import { demandReached, REACHED_WITHIN_MS, reachTasks } from './links/reach.ts'
import { demandMeans } from './links/support.ts'
import { StartWatcher } from './starts.ts'
import { failureOf, type StepResult, type ToolboxTask } from './toolbox/job.ts'
import type { Toolbox } from './toolbox/toolbox.ts'

/** For rules of all nodes, or for reading their counters; the engine's own time is beside it. */
const JOB_TIMEOUT_MS = 5_000

const SILENT = { outcome: 'silent' as const }

const WHOLE: NetworkState = { links: [], division: { detours: [], kernel: [], carried: [] }, doors: [] }

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

/**
 * Faults of the network of a group of containers: rules and queues in each node's own network namespace, put there from outside by a
 * toolbox container which enters all of them and ends. A node that starts anew has a namespace without them, and gets them again:
 * before `started` resolves, or, if someone else started it, when the engine tells.
 */
export class DockerNetworkControl implements NetworkControl {
  readonly #options: NetworkOptions
  readonly #applier: LinkApplier
  readonly #carrier: LinkCarrier
  readonly #closing = new AbortController()
  #state = WHOLE
  #watcher: StartWatcher | undefined
  #turn: Promise<unknown> = Promise.resolve()
  /** What kept faults from being applied again to a node that someone else started. */
  #trouble: unknown
  #loss: PlatformError | undefined

  constructor(options: NetworkOptions) {
    this.#options = options
    const { engine, nodes, isNew } = options
    this.#applier = new LinkApplier({
      ...{ engine, nodes, isNew },
      run: (tasks, purpose) => this.#run(tasks, purpose, JOB_TIMEOUT_MS),
    })
    const onLoss = (error: PlatformError) => {
      this.#loss ??= error
    }
    this.#carrier = new LinkCarrier({ ...options, onLoss })
  }

  /** What faults stand on and is gone, without which nothing that is seen says anything about them. */
  get loss(): PlatformError | undefined {
    return this.#loss
  }

  async set(links: readonly LinkFault[]): Promise<void> {
    const { nodes, runId, toolbox } = this.#options
    checkLinks(
      links,
      nodes.map(({ name }) => name),
    )
    const division = links.length > 0 ? await this.#divide(links) : WHOLE.division
    await this.#inTurn(async () => {
      if (this.#applier.isBlind) await toolbox.removeStrangers(runId)
      await this.#prepareDetours(division)
      this.#trouble = undefined
      this.#state = { links: [...links], division, doors: this.#carrier.doors }
      if (links.length > 0) await this.#watch()
      await this.#applier.apply(this.#state, nodes)
      await this.#carrier.settle(division)
      if (links.length === 0) this.#unwatch()
    })
  }

  counts(): Promise<LinkCount[]> {
    return this.#inTurn(async () => {
      this.#demandWell()
      const { links, division } = this.#state
      const [counts, carried] = await Promise.all([this.#applier.counts(links), this.#carrier.packets()])
      return counts.map(({ link, packets }, index) => {
        const place = division.carried.findIndex((one) => one.index === index)
        return { link, packets: packets + (carried[place] ?? 0) }
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
    if (this.#state.links.length === 0) return
    const { nodes, runId } = this.#options
    await this.#inTurn(async () => {
      if (this.#state.links.length > 0) await this.#applier.applyIfNew(this.#state, nodeNamed(nodes, runId, node))
    })
  }

  /** Ends what is under way; what was applied stays. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort(new PlatformError('the network of the group is not controlled any more'))
    await this.#turn
    this.#unwatch()
    await this.#carrier.close()
    this.#loss = undefined
  }

  async #divide(links: readonly LinkFault[]): Promise<Division> {
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

  /** Throws UnsupportedFault, and leaves no links behind, where nodes cannot come to them. */
  async #prepareDetours(division: Division): Promise<void> {
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

  #run(tasks: Promise<readonly ToolboxTask[]>, purpose: string, timeoutMs: number): Promise<Map<string, StepResult[]>> {
    const { toolbox, runId } = this.#options
    return toolbox.run(tasks, { runId, purpose, timeoutMs, enters: true, signal: this.#closing.signal })
  }

  async #watch(): Promise<void> {
    if (this.#watcher !== undefined) return
    const { engine, runId, nodes } = this.#options
    const watcher = await StartWatcher.open(engine, runId)
    this.#watcher = watcher
    for (const node of nodes) void this.#follow(watcher, node)
  }

  #unwatch(): void {
    this.#watcher?.close()
    this.#watcher = undefined
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
