import { PlatformError } from '../../runner/platforms/errors.ts'
import type {
  DataFiles,
  LinkAnswer,
  LinkCount,
  LinkFault,
  LinkProbe,
  NetworkControl,
  PowerCut,
  Resources,
  SeenLimits,
  ServerControl,
  Stranger,
} from '../../runner/platforms/faults.ts'
import {
  type NodeState,
  nodeName,
  type ServerGroup,
  type ServerNode,
  type StartChanges,
} from '../../runner/platforms/platform.ts'
import { cutPower } from '../../runner/platforms/unsynced/power-cut.ts'
import { type RunnerUsers, runnerUsers } from '../../runner/platforms/users.ts'

/** A network and controls that take everything and do nothing; a test hangs into them what it wants to see. */
class FakeNetwork implements NetworkControl {
  links: readonly LinkFault[] = []
  readonly strangers: Stranger[] = []
  /** What a probe finds; undefined: what the links say. */
  answer: ((probe: LinkProbe) => Partial<LinkAnswer>) | undefined

  async set(links: readonly LinkFault[]): Promise<void> {
    this.links = links
  }

  async counts(): Promise<LinkCount[]> {
    return this.links.map((link) => ({ link, packets: 1 }))
  }

  async probe(probes: readonly LinkProbe[]): Promise<LinkAnswer[]> {
    return probes.map((probe) => ({ ...probe, outcome: this.#outcome(probe), ...this.answer?.(probe) }))
  }

  #outcome({ from, to }: LinkProbe): LinkAnswer['outcome'] {
    const cut = this.links.find(
      (link) => link.cut && ((link.from === from && link.to === to) || (link.from === to && link.to === from)),
    )
    return cut ? (cut.cut === 'drop' ? 'silent' : 'refused') : 'open'
  }
}

class FakeControl implements ServerControl {
  readonly limits = new Map<string, Resources>()
  readonly calls: string[] = []
  /** What is seen beside the limits that were asked for. */
  seen: ((node: string) => Partial<SeenLimits>) | undefined

  async limit(node: string, resources: Resources): Promise<void> {
    this.limits.set(node, resources)
  }

  async limitsOf(node: string): Promise<SeenLimits> {
    return { heldBackMs: 0, ...this.limits.get(node), ...this.seen?.(node) }
  }

  async wipeData(node: string, identity: string): Promise<string[]> {
    this.calls.push(`wipe ${node}, identity ${identity}`)
    return ['appendonlydir']
  }

  /** The files of each node's data. */
  readonly data = new Map<string, DataFiles>()

  async readData(node: string): Promise<DataFiles> {
    return new Map(this.data.get(node))
  }

  async replaceData(node: string, files: DataFiles): Promise<void> {
    this.calls.push(`replace the data of ${node}`)
    this.data.set(node, files)
  }

  async setClock(node: string, offsetMs: number): Promise<void> {
    this.calls.push(`clock ${node} ${offsetMs}`)
  }
}

type Act = 'stop' | 'kill' | 'pause' | 'unpause' | 'start' | 'restart'

const AFTER: Record<Act, NodeState> = {
  stop: { status: 'stopped', exitCode: 0, text: 'container exited with code 0' },
  kill: { status: 'stopped', exitCode: 137, text: 'container exited with code 137' },
  pause: { status: 'paused', text: 'container is paused' },
  unpause: { status: 'running', text: 'container is running' },
  start: { status: 'running', text: 'container is running' },
  restart: { status: 'running', text: 'container is running' },
}

/** Servers that are nothing but their states. What a test hangs into `before` and `after` makes them misbehave. */
export class FakeGroup implements ServerGroup {
  readonly runId = 'fake'
  readonly nodes: ServerNode[]
  readonly spares: ServerNode[] = []
  readonly network = new FakeNetwork()
  readonly control = new FakeControl()
  /** `stop redis-node0`, … in order, as they begin. `state` is not among them. */
  readonly calls: string[] = []
  /** What the last start of each node was to change. */
  readonly changes = new Map<string, StartChanges>()
  /** Runs before the state changes: may wait, or throw what the platform throws. */
  before: ((act: string, node: string) => unknown) | undefined
  /** Runs once the state has changed. */
  after: ((act: string, node: string) => unknown) | undefined
  onRemove: (() => unknown) | undefined
  removed = 0
  /** What the logs of servers end with. */
  readonly words = new Map<string, string>()
  /** How servers that are restarted end. */
  endOfRestarted: NodeState = AFTER.stop
  readonly #states = new Map<string, NodeState>()

  constructor(nodes: readonly ServerNode[] | number) {
    this.nodes = typeof nodes === 'number' ? Array.from({ length: nodes }, (_, index) => plainNode(index)) : [...nodes]
    for (const { name } of this.nodes) this.set(name, AFTER.start)
  }

  async add(): Promise<ServerNode> {
    const node = this.spares.shift()
    if (!node) throw new PlatformError('there is no spare')
    this.nodes.push(node)
    this.set(node.name, AFTER.start)
    this.calls.push(`add ${node.name}`)
    return node
  }

  set(node: string, state: NodeState): void {
    this.#states.set(node, state)
  }

  status(node: string): NodeState['status'] | undefined {
    return this.#states.get(node)?.status
  }

  async users(): Promise<RunnerUsers> {
    return runnerUsers('secret of the runner', [...this.nodes, ...this.spares])
  }

  passwordCommand(of: 'default' | { runnerAt: string }): string {
    return `password-of ${of === 'default' ? of : 'runner'}`
  }

  async state(node: string): Promise<NodeState> {
    const state = this.#states.get(node)
    if (state) return state
    throw new PlatformError(`there is no server ${node}`)
  }

  stop = (node: string) => this.#act('stop', node)
  kill = (node: string) => this.#act('kill', node)
  cutPower = async (nodes: readonly string[]): Promise<PowerCut> => await cutPower(this, nodes)
  pause = (node: string) => this.#act('pause', node)
  unpause = (node: string) => this.#act('unpause', node)
  start = (node: string, changes?: StartChanges) => this.#act('start', node, changes)
  restart = async (node: string, _graceMs = 0, changes?: StartChanges) => {
    await this.#act('restart', node, changes)
    return this.endOfRestarted
  }

  async followLogs(): Promise<() => Promise<void>> {
    return async () => {}
  }

  /** The last that was done to it was to end it. */
  isEndedOnPurpose(node: string): boolean {
    return /^(stop|kill) /.test(this.calls.findLast((call) => call.endsWith(` ${node}`)) ?? '')
  }

  lastWords = async (node: string) => this.words.get(node) ?? ''

  async remove(): Promise<void> {
    await this.onRemove?.()
    this.removed += 1
  }

  async #act(act: Act, node: string, changes?: StartChanges): Promise<void> {
    await this.state(node)
    this.calls.push(`${act} ${node}`)
    if (changes) this.changes.set(node, changes)
    await this.before?.(act, node)
    this.set(node, AFTER[act])
    await this.after?.(act, node)
  }
}

function plainNode(index: number): ServerNode {
  const name = nodeName(index)
  const address = { host: 'localhost', port: 7000 + index, peerHost: '127.0.0.1', peerPort: 7000 + index }
  return { name, serverName: name, index, ...address, machine: 'localhost' }
}
