import { PlatformError } from '../../errors.ts'
import type { LinkCount, LinkFault } from '../../faults.ts'
import type { ServerNode } from '../../platform.ts'
import type { Engine } from '../engine.ts'
import {
  failureOf,
  type RunTasks,
  type StepResult,
  summarizeErrors,
  type ToolboxStep,
  type ToolboxTask,
} from '../toolbox/job.ts'
import type { Door } from './detours.ts'
import type { FaultSplit } from './fault-split.ts'
import { type LiveNode, liveNodes } from './live-nodes.ts'
import { intakeCommands, type Lane, lanesOf, queueCommands } from './queues.ts'
import { detourChains, directConnections, readCounters, rulesOf } from './rules.ts'

export interface KernelFaultOptions {
  engine: Engine
  nodes: readonly ServerNode[]
  /** The network of the group carried nothing of ours when this was made. */
  isNew: boolean
  run: RunTasks
}

/** What the network of a group should be like. */
export interface NetworkState {
  links: readonly LinkFault[]
  /** How they are split between the kernel and the runner's own links. */
  split: FaultSplit
  /** Where those links listen. */
  doors: readonly Door[]
}

/** What was applied in a node's namespace. */
interface Applied {
  pid: number
  /** Of the links, in the order of its counters. */
  keys: readonly string[]
  /** The commands that made its queues; undefined where there may be others. */
  queues: string | undefined
}

interface Plan {
  live: LiveNode
  task: ToolboxTask
  queues: string
}

/** Applies rules and queues in the nodes' network namespaces, knows what is there, and reads what it has counted. */
export class KernelFaults {
  readonly #options: KernelFaultOptions
  readonly #applied = new Map<string, Applied>()
  readonly #tally = new Tally()

  constructor(options: KernelFaultOptions) {
    this.#options = options
  }

  /** Whether another program may have applied faults that are not known here. */
  get isBlind(): boolean {
    return !this.#options.isNew && this.#applied.size === 0
  }

  /**
   * Makes the network of these nodes as stated, skipping nodes that do not run. Throws PlatformError that says what
   * failed where.
   */
  async apply(state: NetworkState, nodes: readonly ServerNode[]): Promise<void> {
    await this.#carryOut(state, liveNodes(this.#options.engine, nodes))
    this.#tally.keepOnly(linkKeys(state.links))
  }

  /** The same for one node if it has started since, with a namespace that has nothing of it. */
  async applyIfNew(state: NetworkState, node: ServerNode): Promise<void> {
    const [live] = await liveNodes(this.#options.engine, [node])
    if (live && this.#applied.get(node.name)?.pid !== live.pid) await this.#carryOut(state, Promise.resolve([live]))
  }

  /** Counts of links that were applied. */
  async counts(links: readonly LinkFault[]): Promise<LinkCount[]> {
    const now = new Tally()
    if (links.length > 0) await this.#readCounters(now)
    const keys = linkKeys(links)
    return links.map((link, index) => {
      const key = keys[index] ?? ''
      return { link, packets: this.#tally.of(key) + now.of(key) }
    })
  }

  async #carryOut(state: NetworkState, nodes: Promise<LiveNode[]>): Promise<void> {
    const lanes = lanesOf(state.split.kernel)
    const before = new Map(this.#applied)
    const planning = nodes.then((live) => live.map((one) => this.#planFor(one, state, lanes)))
    // Until the outcome is known, anything may be there.
    const tasks = planning.then((plans) => {
      for (const { live } of plans) this.#applied.set(live.node.name, { pid: live.pid, keys: [], queues: undefined })
      return plans.map(({ task }) => task)
    })
    const results = await this.#options.run(tasks, 'apply network faults')
    const failures: string[] = []
    for (const { live, task, queues } of await planning) {
      const { node, pid } = live
      const done = results.get(task.key) ?? []
      this.#addCounted(live, done, before.get(node.name))
      const failure = failureOf(task, done)
      if (!failure) this.#applied.set(node.name, { pid, keys: linkKeys(state.links), queues })
      // A node that has ended meanwhile has no traffic to disturb.
      else if (failure.step !== 'enter' || (await this.#stillRuns(live))) {
        failures.push(`${node.name}: ${summarizeErrors(failure.errors)} (${failure.step})`)
      }
    }
    if (failures.length === 0) return
    throw new PlatformError(`network faults could not be applied to ${failures.join('; ')}`)
  }

  #planFor(live: LiveNode, { links, split, doors }: NetworkState, lanes: readonly Lane[]): Plan {
    const { node, pid } = live
    const { nodes } = this.#options
    const { kernel, detours } = split
    const queues = queueCommands(node, nodes, lanes)
    const chains = detourChains(node, nodes, detours, doors)
    const reset = { program: 'reset', input: directConnections(node, nodes, detours), mayFail: true } as const
    const counted = links.length > 0 && (this.#applied.get(node.name)?.keys.length ?? 0) > 0
    const steps: ToolboxStep[] = [
      ...(counted ? [{ program: 'counters', mayFail: true } as const] : []),
      { program: 'rules', input: rulesOf(node, nodes, kernel, lanes, chains) },
      ...(chains.length > 0 ? [reset] : []),
    ]
    // Queues that are right already are left alone: packets wait in them.
    if (this.#currentQueues(live) !== queues) {
      steps.push({ program: 'unshape' })
      const intake = intakeCommands(node, lanes)
      if (intake !== '') steps.push({ program: 'intake', input: intake })
      if (queues !== '') steps.push({ program: 'shape', input: queues })
    }
    return { live, task: { key: node.name, namespace: { pid, address: node.peerHost }, steps }, queues }
  }

  #currentQueues({ node, pid }: LiveNode): string | undefined {
    const applied = this.#applied.get(node.name)
    if (applied?.pid === pid) return applied.queues
    return applied || this.#options.isNew ? '' : undefined
  }

  /** Keeps what rules had counted until others replaced them. */
  #addCounted({ pid }: LiveNode, results: readonly StepResult[], before: Applied | undefined): void {
    const counters = results.find(({ step, exit }) => step === 'counters' && exit === 0)
    if (before?.pid === pid && counters) this.#tally.add(before.keys, counters.output)
  }

  async #stillRuns({ node, pid }: LiveNode): Promise<boolean> {
    const [now] = await liveNodes(this.#options.engine, [node])
    return now?.pid === pid
  }

  async #readCounters(tally: Tally): Promise<void> {
    const { engine, nodes, run } = this.#options
    const tasks = liveNodes(engine, nodes).then((live) =>
      live
        .filter(({ node, pid }) => this.#applied.get(node.name)?.pid === pid)
        .map(({ node, pid }): ToolboxTask => {
          const steps: ToolboxStep[] = [{ program: 'counters', mayFail: true }]
          return { key: node.name, namespace: { pid, address: node.peerHost }, steps }
        }),
    )
    const results = await run(tasks, 'count packets')
    for (const [name, done] of results) tally.add(this.#applied.get(name)?.keys ?? [], done[0]?.output ?? '')
  }
}

/** Adds up what nodes have counted for each link. A link that stays keeps its count when the rules are replaced. */
class Tally {
  readonly #packets = new Map<string, number>()

  /** `counters`: the listing of one node. `keys`: the links that its rules were made of. */
  add(keys: readonly string[], counters: string): void {
    for (const [index, packets] of readCounters(counters)) {
      const key = keys[index]
      if (key !== undefined) this.#packets.set(key, this.of(key) + packets)
    }
  }

  of(key: string): number {
    return this.#packets.get(key) ?? 0
  }

  keepOnly(keys: readonly string[]): void {
    for (const key of this.#packets.keys()) if (!keys.includes(key)) this.#packets.delete(key)
  }
}

/** A key for each link of a list, the same whenever the same faults are stated; equal links are numbered. */
function linkKeys(links: readonly LinkFault[]): string[] {
  const seen = new Map<string, number>()
  return links.map((link) => {
    const text = JSON.stringify(Object.entries(link).sort(([a], [b]) => (a < b ? -1 : 1)))
    const number = (seen.get(text) ?? 0) + 1
    seen.set(text, number)
    return `${text} ${number}`
  })
}
