import type { Clock } from '../../base/clock.ts'
import { PlayError } from '../../base/errors.ts'
import { LiveCluster, type LiveNode, type OwnReport, type Snapshot } from '../../cluster/live-cluster.ts'
import type { NodeClient } from '../../cluster/node-client.ts'
import type { NodeView } from '../../cluster/view.ts'
import { FaultBoard, type FaultPlan } from '../../faults/board.ts'
import { capabilitiesOf } from '../../faults/capabilities.ts'
import type { Fault, FaultKind } from '../../faults/fault.ts'
import type { Capability } from '../../platforms/faults.ts'
import type { NodeState, ServerGroup } from '../../platforms/platform.ts'
import type { AddServer } from '../../steps/more-servers.ts'
import type { Stage } from '../stage.ts'

/** Here a step would have begun to act; in a dry run it ends. */
class WouldAct extends PlayError {
  override name = 'WouldAct'
  constructor() {
    super('in a dry run nothing is done')
  }
}

function wouldAct(): never {
  throw new WouldAct()
}

/** What a step would do, as far as it comes without having done any of it. */
export interface WouldDo {
  /** Sentences: `kill redis-node0`. */
  acts: string[]
  /** What the platform must be able to do for it. */
  needs: Capability[]
}

/**
 * The parts of a stage on which steps act, in the place of the real ones: nodes can be looked at, and whatever would
 * change anything is noted and ends the step. What steps before would have done to servers and faults is remembered, so
 * that `start` finds a server that is down, and `heal` a fault.
 */
export class Untouched {
  readonly cluster: LiveCluster
  readonly servers: ServerGroup
  readonly faults: FaultBoard
  readonly addServer: AddServer
  /** Nobody waits. */
  readonly clock: Clock
  #states = new Map<string, NodeState['status']>()
  #active: Fault[] = []
  #would: WouldDo = { acts: [], needs: [] }

  constructor({ cluster, servers, clock }: Pick<Stage, 'cluster' | 'servers' | 'clock'>) {
    this.cluster = new LookedAt(cluster)
    this.servers = this.#untouched(servers)
    this.faults = this.#board({ cluster: this.cluster, servers: this.servers, clock })
    this.addServer = async () => {
      this.#would.acts.push('start one more server')
      return wouldAct()
    }
    this.clock = {
      nowMs: () => clock.nowMs(),
      ranMs: () => clock.ranMs(),
      stallsSince: (sinceMs) => clock.stallsSince(sinceMs),
      wallMs: () => clock.wallMs(),
      sleep: async () => wouldAct(),
    }
  }

  /** What the steps would have done since this was asked last. */
  take(): WouldDo {
    const taken = this.#would
    this.#would = { acts: [], needs: [] }
    return taken
  }

  /** Until the returned function is called: what a step with `for` does is undone when it ends. */
  forAWhile(): () => void {
    const [states, active] = [new Map(this.#states), [...this.#active]]
    return () => {
      this.#states = states
      this.#active = active
    }
  }

  #untouched(servers: ServerGroup): ServerGroup {
    const act = (verb: string, status: NodeState['status']) => async (node: string) => {
      this.#states.set(node, status)
      this.#would.acts.push(`${verb} ${node}`)
      if (status === 'paused') this.#would.needs.push('pause')
    }
    return {
      runId: servers.runId,
      nodes: servers.nodes,
      spares: servers.spares,
      add: wouldAct,
      sandbox: servers.sandbox,
      passwordCommand: (of) => servers.passwordCommand(of),
      network: { set: wouldAct, counts: wouldAct, probe: wouldAct },
      control: {
        limit: wouldAct,
        limitsOf: wouldAct,
        wipeData: wouldAct,
        readData: wouldAct,
        replaceData: wouldAct,
        setClock: wouldAct,
      },
      users: wouldAct,
      state: async (node) => {
        const status = this.#states.get(node) ?? 'running'
        return { status, text: `${status} by then` }
      },
      stop: act('stop', 'stopped'),
      kill: act('kill', 'stopped'),
      cutPower: async (nodes) => {
        for (const node of nodes) await act('power-cut', 'stopped')(node)
        this.#would.needs.push('power-cut')
        return { withinMs: 0, lost: new Map(nodes.map((node) => [node, []])) }
      },
      pause: act('pause', 'paused'),
      unpause: act('unpause', 'running'),
      start: act('start', 'running'),
      restart: async (node) => {
        await act('restart', 'running')(node)
        return { status: 'stopped', text: 'stopped by then' }
      },
      followLogs: wouldAct,
      lastWords: async () => '',
      remove: wouldAct,
    }
  }

  #board(made: Pick<Stage, 'cluster' | 'servers' | 'clock'>): FaultBoard {
    const begin = (kind: string, { spec, nodes, sentence }: FaultPlan<unknown>): never => {
      this.#active.push({ id: `f${this.#active.length + 1}`, kind, spec, memo: undefined, nodes: [...nodes], sentence })
      this.#would.acts.push(sentence)
      this.#would.needs.push(...capabilitiesOf(kind, spec))
      return wouldAct()
    }
    const end = (id: string): string => {
      const fault = this.#active.find((one) => one.id === id)
      this.#active = this.#active.filter((one) => one !== fault)
      if (fault) this.#would.acts.push(`heal: ${fault.sentence}`)
      return 'healed'
    }
    const active = () => this.#active
    class Board extends FaultBoard {
      override get active(): readonly Fault[] {
        return active()
      }
      override async begin<Spec>(kind: FaultKind<Spec>, plan: FaultPlan<Spec>): Promise<never> {
        return begin(kind.name, plan)
      }
      override async end(id: string): Promise<string> {
        return end(id)
      }
      override async reapply(): Promise<string[]> {
        return []
      }
    }
    return new Board({ ...made, keep: () => undefined })
  }
}

/** A cluster of which only looks are to be had. */
class LookedAt extends LiveCluster {
  readonly #real: LiveCluster

  constructor(real: LiveCluster) {
    super({ nodes: [], clock: real.clock, passwords: '' })
    this.#real = real
  }

  override has(name: string): boolean {
    return this.#real.has(name)
  }
  override look(options: { timeoutMs?: number } = {}): Promise<Snapshot> {
    return this.#real.look(options)
  }
  override lookAt(name: string, timeoutMs?: number): Promise<OwnReport> {
    return this.#real.lookAt(name, timeoutMs)
  }
  override nameOf(node: NodeView): string {
    return this.#real.nameOf(node)
  }
  override nameOfAddress(host: string, port: number): string | undefined {
    return this.#real.nameOfAddress(host, port)
  }
  override node(): LiveNode {
    return wouldAct()
  }
  override address(): never {
    return wouldAct()
  }
  override connect(): NodeClient {
    return wouldAct()
  }
}
