import type { NetworkControl, PowerCut, ServerControl } from '../platforms/faults.ts'
import { isBegin } from '../platforms/log-stamp.ts'
import type { GuestPlace, LogLine, NodeState, ServerGroup, ServerNode, StartChanges } from '../platforms/platform.ts'
import type { RunnerUsers } from '../platforms/users.ts'

/** What a server logs as it stands for election, by itself or asked to (clusterHandleSlaveFailover, Redis 6.0 to 8.6). */
const STANDS = /Start of election delayed|Starting a failover election|Failover election won/

/**
 * Servers that outlive the play that they are lent to: to remove them is to give them back. It remembers what was done
 * beneath them that no look at the servers would show.
 */
export class LentGroup implements ServerGroup {
  readonly network: NetworkControl
  readonly control: ServerControl
  /** Why they cannot be lent again, in a sentence. */
  touched: string | undefined
  /** A play has had faults between its servers. */
  changedNetwork = false
  /** Nodes that a play started again, as what they were before. */
  readonly restarted = new Set<string>()
  /** When each node last stood for election in this life of its server, ms of the wall clock. */
  readonly stoodMs = new Map<string, number>()
  readonly #group: ServerGroup
  readonly #touch: (what: string) => void
  /** Lines of each log that were written for plays before. */
  readonly #past = new Map<string, number>()

  constructor(group: ServerGroup) {
    this.#group = group
    const touch = (what: string) => {
      this.touched ??= `the last play ${what}`
    }
    this.#touch = touch
    this.network = {
      set: async (links) => {
        if (links.length > 0) this.changedNetwork = true
        await group.network.set(links)
      },
      counts: () => group.network.counts(),
      probe: (probes, timeoutMs) => group.network.probe(probes, timeoutMs),
      get strangers() {
        return group.network.strangers ?? []
      },
    }
    this.control = {
      limit: async (node, resources) => {
        touch('limited what its servers stand on')
        await group.control.limit(node, resources)
      },
      limitsOf: (node) => group.control.limitsOf(node),
      wipeData: async (node, identity) => {
        touch('wiped data of its servers')
        return await group.control.wipeData(node, identity)
      },
      readData: (node) => group.control.readData(node),
      replaceData: async (node, files) => {
        touch('changed data of its servers')
        await group.control.replaceData(node, files)
      },
      setClock: async (node, offsetMs) => {
        touch('set clocks of its servers')
        await group.control.setClock(node, offsetMs)
      },
    }
  }

  /** The next play reads only what is logged from now on. */
  async forgetLogs(): Promise<void> {
    await Promise.all(
      this.nodes.map(async ({ name }) => {
        let lines = 0
        const end = await this.#group.followLogs(name, ({ text, wallMs }) => {
          lines += 1
          if (isBegin(text)) this.stoodMs.delete(name)
          else if (STANDS.test(text)) this.stoodMs.set(name, wallMs)
        })
        await end()
        this.#past.set(name, lines)
      }),
    )
  }

  async followLogs(node: string, onLine: (line: LogLine) => void): Promise<() => Promise<void>> {
    let left = this.#past.get(node) ?? 0
    return await this.#group.followLogs(node, (line) => {
      left -= 1
      if (left < 0) onLine(line)
    })
  }

  /** They are given back, and stay. */
  async remove(): Promise<void> {
    return undefined
  }

  get runId(): string {
    return this.#group.runId
  }
  get nodes(): readonly ServerNode[] {
    return this.#group.nodes
  }
  get spares(): readonly ServerNode[] {
    return this.#group.spares
  }
  get guests(): GuestPlace | undefined {
    return this.#group.guests
  }
  get sandbox(): string | undefined {
    return this.#group.sandbox
  }
  add(): Promise<ServerNode> {
    this.#touch('added a server')
    return this.#group.add()
  }
  users(): Promise<RunnerUsers> {
    return this.#group.users()
  }
  passwordCommand(of: 'default' | { runnerAt: string }): string {
    return this.#group.passwordCommand(of)
  }
  state(node: string): Promise<NodeState> {
    return this.#group.state(node)
  }
  stop(node: string, graceMs: number): Promise<void> {
    return this.#group.stop(node, graceMs)
  }
  kill(node: string): Promise<void> {
    return this.#group.kill(node)
  }
  cutPower(nodes: readonly string[]): Promise<PowerCut> {
    this.#touch('cut the power of its servers')
    return this.#group.cutPower(nodes)
  }
  pause(node: string): Promise<void> {
    return this.#group.pause(node)
  }
  unpause(node: string): Promise<void> {
    return this.#group.unpause(node)
  }
  async start(node: string, changes?: StartChanges): Promise<void> {
    this.#noteStart(node, changes)
    await this.#group.start(node, changes)
  }
  async restart(node: string, graceMs: number, changes?: StartChanges): Promise<NodeState> {
    this.#noteStart(node, changes)
    return await this.#group.restart(node, graceMs, changes)
  }
  lastWords(node: string): Promise<string> {
    return this.#group.lastWords(node)
  }

  #noteStart(node: string, changes: StartChanges | undefined): void {
    if (changes) this.#touch('started its servers with changes')
    this.restarted.add(node)
  }
}
