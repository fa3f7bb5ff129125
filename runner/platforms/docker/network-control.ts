import { PlatformError } from '../errors.ts'
import {
  CLIENTS,
  type LinkAnswer,
  type LinkCount,
  type LinkFault,
  type LinkProbe,
  type NetworkControl,
  type Stranger,
  UnsupportedFault,
} from '../faults.ts'
import { assertValidFaults, assertValidProbe } from '../link-checks.ts'
import { findNode, type ServerNode } from '../platform.ts'
import { probeRoute } from '../probe-route.ts'
import type { Engine } from './engine.ts'
import { assertSupported } from './fault-support.ts'
import { Detours } from './network-faults/detours.ts'
import { type FaultSplit, type MissingFeatures, splitFaults } from './network-faults/fault-split.ts'
import { KernelFaults, type NetworkState } from './network-faults/kernel-faults.ts'
import { liveNodes } from './network-faults/live-nodes.ts'
import { type NumberedProbe, probeTasks, readAnswers } from './network-faults/probes.ts'
import { StartWatcher } from './starts.ts'
import { failureOf, type RunTasks, summarizeErrors } from './toolbox/job.ts'
import type { Toolbox } from './toolbox/toolbox.ts'

/** For applying rules to all nodes, or reading their counters; the engine's own time comes on top. */
const JOB_TIMEOUT_MS = 5_000

const SILENT = { outcome: 'silent' as const }

const WHOLE: NetworkState = { links: [], split: { detours: [], kernel: [], carried: [] }, doors: [] }

export interface NetworkOptions {
  engine: Engine
  toolbox: Toolbox
  /** Which faults the kernel cannot bring about; found out once for an engine. */
  missingFeatures(): Promise<MissingFeatures>
  runId: string
  nodes: readonly ServerNode[]
  /** Those that will be added to `nodes`. */
  spares?: readonly ServerNode[]
  /** The group was just made by this process: nothing of ours is there yet. */
  isNew: boolean
}

/**
 * Network faults of a group of containers: rules and queues in each node's own network namespace, put there from
 * outside by a toolbox container that enters all of them and exits. A node that restarts has a fresh namespace and gets
 * them again: before `started` resolves, or, if someone else started it, when the engine reports the start.
 */
export class DockerNetworkControl implements NetworkControl {
  readonly #options: NetworkOptions
  readonly #kernelFaults: KernelFaults
  readonly #detours: Detours
  readonly #run: RunTasks
  readonly #closing = new AbortController()
  #state = WHOLE
  #watcher: StartWatcher | undefined
  #turn: Promise<unknown> = Promise.resolve()
  /** Why faults could not be applied again to a node that someone else started. */
  #reapplyFailure: unknown
  #loss: PlatformError | undefined

  constructor(options: NetworkOptions) {
    this.#options = options
    const { engine, runId, nodes, isNew, toolbox } = options
    const run: RunTasks = (tasks, purpose, timeoutMs = 0) =>
      toolbox.run(tasks, {
        runId,
        purpose,
        timeoutMs: timeoutMs + JOB_TIMEOUT_MS,
        enters: true,
        signal: this.#closing.signal,
      })
    const onLoss = (error: PlatformError) => {
      this.#loss ??= error
    }
    this.#kernelFaults = new KernelFaults({ engine, nodes, isNew, run })
    this.#detours = new Detours({ engine, runId, nodes: [...nodes, ...(options.spares ?? [])], run, onLoss })
    this.#run = run
  }

  /** Set once the process that carries links is gone: from then on, whatever is seen says nothing about the faults. */
  get loss(): PlatformError | undefined {
    return this.#loss
  }

  get strangers(): readonly Stranger[] {
    return this.#detours.strangers
  }

  async set(links: readonly LinkFault[]): Promise<void> {
    const { nodes, runId, toolbox } = this.#options
    assertValidFaults(links, nodes)
    const split = links.length > 0 ? await this.#split(links) : WHOLE.split
    await this.#inTurn(async () => {
      if (this.#kernelFaults.isBlind) await toolbox.removeStrangers(runId)
      await this.#detours.prepare(split)
      this.#reapplyFailure = undefined
      this.#state = { links: [...links], split, doors: this.#detours.doors }
      if (links.length > 0) await this.#watch()
      await this.#kernelFaults.apply(this.#state, nodes)
      await this.#detours.settle(split)
      if (links.length === 0) this.#unwatch()
    })
  }

  counts(): Promise<LinkCount[]> {
    return this.#inTurn(async () => {
      this.#assertIntact()
      const { links, split } = this.#state
      const [counts, carried] = await Promise.all([this.#kernelFaults.counts(links), this.#detours.counts()])
      return counts.map(({ link, packets }, index) => {
        const place = split.carried.findIndex((one) => one.index === index)
        const { packets: more = 0, seen = 0, unread = 0 } = carried[place] ?? {}
        return { link, packets: packets + more, ...(link.packet && { seen, unread }) }
      })
    })
  }

  async probe(probes: readonly LinkProbe[], timeoutMs: number): Promise<LinkAnswer[]> {
    this.#assertIntact()
    const { nodes } = this.#options
    for (const probe of probes) assertValidProbe(probe, nodes)
    const numbered = probes.map((probe, index) => ({ probe, index }))
    const inside = numbered.filter(({ probe }) => probe.from !== CLIENTS)
    const [answers, outside] = await Promise.all([
      inside.length === 0 ? new Map() : this.#probeInside(inside, timeoutMs),
      Promise.all(probes.map((probe) => (probe.from === CLIENTS ? this.#probeFromHere(probe, timeoutMs) : undefined))),
    ])
    return numbered.map(({ probe, index }) => outside[index] ?? { ...probe, ...(answers.get(index) ?? SILENT) })
  }

  /** Applies again what the node has lost by restarting, unless that was done already. */
  async started(node: string): Promise<void> {
    if (this.#state.links.length === 0) return
    const { nodes, runId } = this.#options
    await this.#inTurn(async () => {
      if (this.#state.links.length > 0) await this.#kernelFaults.applyIfNew(this.#state, findNode(nodes, runId, node))
    })
  }

  /** The node, one of the spares, is started, and belongs to the group from now on. */
  async added(node: ServerNode): Promise<void> {
    if (this.#watcher !== undefined) void this.#follow(this.#watcher, node)
    await this.started(node.name)
  }

  /** Makes what is in force follow a node to its address of now; `from` was the one before. */
  async moved(node: string, from: string): Promise<void> {
    const { nodes, runId } = this.#options
    await this.#inTurn(async () => {
      if (this.#state.links.length === 0) return
      await this.#detours.move(node, from, findNode(nodes, runId, node).peerHost)
      await this.#kernelFaults.apply(this.#state, nodes)
    })
  }

  /** Ends what is under way; what was applied stays. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort(new PlatformError("the group's network is no longer controlled"))
    await this.#turn
    this.#unwatch()
    await this.#detours.close()
    this.#loss = undefined
  }

  /** Throws UnsupportedFault for faults that neither the kernel nor links can bring about. */
  async #split(links: readonly LinkFault[]): Promise<FaultSplit> {
    const { toolbox, missingFeatures } = this.#options
    if (!(await toolbox.isPrepared())) {
      throw new UnsupportedFault(
        'a network fault',
        'the servers were made without what it needs',
        'say so when they are made: `needs: { links: true }`',
      )
    }
    const missing = await missingFeatures()
    const split = splitFaults(links, missing)
    assertSupported(split.kernel, missing)
    return split
  }

  /** One after the other: the state asked for last is the one that stays. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(() => {
      this.#closing.signal.throwIfAborted()
      return work()
    })
    this.#turn = done.catch(() => undefined)
    return done
  }

  #assertIntact(): void {
    if (this.#loss !== undefined) throw this.#loss
    if (this.#reapplyFailure !== undefined) throw this.#reapplyFailure
  }

  async #probeInside(probes: readonly NumberedProbe[], timeoutMs: number) {
    const { engine, nodes } = this.#options
    const senders = nodes.filter(({ name }) => probes.some(({ probe }) => probe.from === name))
    const tasks = liveNodes(engine, senders).then((live) => probeTasks(probes, nodes, live, timeoutMs))
    const results = await this.#run(tasks, 'try connections', timeoutMs)
    for (const task of await tasks) {
      const failure = failureOf(task, results.get(task.key) ?? [])
      if (!failure) continue
      throw new PlatformError(`no connection could be tried from ${task.key}: ${summarizeErrors(failure.errors)}`)
    }
    return readAnswers([...results.values()].flat())
  }

  /** At the port that the engine publishes. The engine itself accepts connections, so only an answer counts as open. */
  async #probeFromHere(probe: LinkProbe, timeoutMs: number): Promise<LinkAnswer> {
    const { nodes, runId } = this.#options
    const { port } = findNode(nodes, runId, probe.to)
    const { channel, payloadBytes = 0 } = probe
    return { ...probe, ...(await probeRoute({ host: '127.0.0.1', port, channel, payloadBytes }, timeoutMs)) }
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
        // Thrown at the next question: until faults are applied again, whatever is seen says nothing about them.
        if (!this.#closing.signal.aborted) this.#reapplyFailure ??= error
      }
    }
  }
}
