import { PlatformError } from '../../errors.ts'
import type { LinkCount, LinkFault } from '../../faults.ts'
import type { ServerNode } from '../../platform.ts'
import type { Engine } from '../engine.ts'
import { failureOf, type StepResult, type ToolboxStep, type ToolboxTask } from '../toolbox/job.ts'
import { type Division, type Door, detourChains, directEnds } from './detours.ts'
import { type Lane, lanesOf } from './lanes.ts'
import { oneLine } from './means.ts'
import { type LiveNode, liveNodes } from './nodes.ts'
import { rulesOf } from './packet-filter.ts'
import { intakeOf, shapeOf } from './shaping.ts'
import { keysOf, Tally } from './tally.ts'

/** Runs tasks in namespaces, all at once; `purpose` completes `could not …`. */
type RunTasks = (tasks: Promise<readonly ToolboxTask[]>, purpose: string) => Promise<ReadonlyMap<string, StepResult[]>>

export interface ApplierOptions {
  engine: Engine
  nodes: readonly ServerNode[]
  /** Nothing of ours was on their network when this was made. */
  isNew: boolean
  run: RunTasks
}

/** What the network of a group should be. */
export interface NetworkState {
  links: readonly LinkFault[]
  /** How they are divided between the kernel and links of this program. */
  division: Division
  /** Where those listen. */
  doors: readonly Door[]
}

/** What was brought about in a node's namespace. */
interface Applied {
  pid: number
  /** Of the links, in the order of its counters. */
  keys: readonly string[]
  /** The commands that made its queues; undefined where there may be others. */
  shape: string | undefined
}

interface Plan {
  live: LiveNode
  task: ToolboxTask
  shape: string
}

/** Brings faults about in the namespaces of nodes, knows what is there, and reads what it has counted. */
export class LinkApplier {
  readonly #options: ApplierOptions
  readonly #applied = new Map<string, Applied>()
  readonly #tally = new Tally()

  constructor(options: ApplierOptions) {
    this.#options = options
  }

  /** Whether others may have brought faults about that are not known here. */
  get isBlind(): boolean {
    return !this.#options.isNew && this.#applied.size === 0
  }

  /** Makes the network of these nodes as stated; those that do not run are passed over. Throws PlatformError, with what went wrong where. */
  async apply(state: NetworkState, nodes: readonly ServerNode[]): Promise<void> {
    await this.#carryOut(state, liveNodes(this.#options.engine, nodes))
    this.#tally.keepOnly(keysOf(state.links))
  }

  /** The same, if the node has started since; nothing otherwise. */
  async applyIfNew(state: NetworkState, node: ServerNode): Promise<void> {
    const [live] = await liveNodes(this.#options.engine, [node])
    if (live && this.#applied.get(node.name)?.pid !== live.pid) await this.#carryOut(state, Promise.resolve([live]))
  }

  /** Counts of links that were applied. */
  async counts(links: readonly LinkFault[]): Promise<LinkCount[]> {
    const now = new Tally()
    if (links.length > 0) await this.#readCounters(now)
    const keys = keysOf(links)
    return links.map((link, index) => {
      const key = keys[index] ?? ''
      return { link, packets: this.#tally.of(key) + now.of(key) }
    })
  }

  async #carryOut(state: NetworkState, nodes: Promise<LiveNode[]>): Promise<void> {
    const lanes = lanesOf(state.division.kernel)
    const before = new Map(this.#applied)
    const planning = nodes.then((live) => live.map((one) => this.#planFor(one, state, lanes)))
    // Until it is known how it went, anything may be there.
    const marking = planning.then((plans) => {
      for (const { live } of plans) this.#applied.set(live.node.name, { pid: live.pid, keys: [], shape: undefined })
      return plans.map(({ task }) => task)
    })
    const results = await this.#options.run(marking, 'apply faults of the network')
    const failures: string[] = []
    for (const { live, task, shape } of await planning) {
      const { node, pid } = live
      const done = results.get(task.key) ?? []
      this.#carryOver(live, done, before.get(node.name))
      const failure = failureOf(task, done)
      if (!failure) this.#applied.set(node.name, { pid, keys: keysOf(state.links), shape })
      // One that has ended meanwhile has nothing to be cut.
      else if (failure.step !== 'enter' || (await this.#isStill(live))) {
        failures.push(`${node.name}: ${oneLine(failure.errors)} (${failure.step})`)
      }
    }
    if (failures.length === 0) return
    throw new PlatformError(`faults of the network could not be applied to ${failures.join('; ')}`)
  }

  #planFor(live: LiveNode, { links, division, doors }: NetworkState, lanes: readonly Lane[]): Plan {
    const { node, pid } = live
    const { nodes } = this.#options
    const { kernel, detours } = division
    const shape = shapeOf(node, nodes, lanes)
    const chains = detourChains(node, nodes, detours, doors)
    const reset = { program: 'reset', input: directEnds(node, nodes, detours), mayFail: true } as const
    const counted = links.length > 0 && (this.#applied.get(node.name)?.keys.length ?? 0) > 0
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

  #shapeNow({ node, pid }: LiveNode): string | undefined {
    const applied = this.#applied.get(node.name)
    if (applied?.pid === pid) return applied.shape
    return applied || this.#options.isNew ? '' : undefined
  }

  /** What rules had counted until others took their place. */
  #carryOver({ pid }: LiveNode, results: readonly StepResult[], before: Applied | undefined): void {
    const counters = results.find(({ step, exit }) => step === 'counters' && exit === 0)
    if (before?.pid === pid && counters) this.#tally.add(before.keys, counters.output)
  }

  async #isStill({ node, pid }: LiveNode): Promise<boolean> {
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
