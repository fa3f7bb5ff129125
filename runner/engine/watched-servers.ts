import type { Clock } from '../base/clock.ts'
import type { NetworkControl, PowerCut, ServerControl } from '../platforms/faults.ts'
import type { GuestPlace, LogLine, NodeState, ServerGroup, ServerNode, StartChanges } from '../platforms/platform.ts'
import type { RunnerUsers } from '../platforms/users.ts'
import type { FaultObservation } from '../record/observations.ts'

/** What is done to a server's process. */
export type ServerAction = 'stop' | 'kill' | 'pause' | 'restart' | 'start' | 'start in vain' | 'unpause' | 'power-cut'

/** What leaves a server down; a restart does not. */
export const ENDS: ReadonlySet<string> = new Set(['stop', 'kill', 'power-cut'])

interface FaultListener {
  /** Something is about to be done to a server; it is done once this has resolved. */
  onBegin(action: ServerAction, node: string): void | Promise<void>
  /** It was done. */
  onDone?(action: ServerAction, node: string): void
  /** The server is of another version from now on, in words. */
  onServer?(node: string, server: string): void
  /** It was done. Times are of the clock itself. */
  onFault(fault: FaultObservation): void
}

/**
 * The same servers, but what stops, freezes or restarts one of them, and what undoes that, is reported to a listener,
 * whichever step asked for it: when it began and when it was done. What fails is not reported: nobody knows whether it
 * bit.
 */
export class WatchedServers implements ServerGroup {
  readonly #servers: ServerGroup
  readonly #clock: Clock
  readonly #listener: FaultListener
  /** By node: the fault that is not undone yet. */
  readonly #lastFault = new Map<string, string>()

  constructor(servers: ServerGroup, clock: Clock, listener: FaultListener) {
    this.#servers = servers
    this.#clock = clock
    this.#listener = listener
  }

  async stop(node: string, graceMs: number): Promise<void> {
    await this.#fault('stop', node, () => this.#servers.stop(node, graceMs))
  }

  async kill(node: string): Promise<void> {
    await this.#fault('kill', node, () => this.#servers.kill(node))
  }

  async cutPower(nodes: readonly string[]): Promise<PowerCut> {
    await Promise.all(nodes.map((node) => this.#listener.onBegin('power-cut', node)))
    const fromMs = this.#clock.nowMs()
    const done = await this.#servers.cutPower(nodes)
    // What is taken from the disks of servers that are down is of no moment.
    const toMs = Math.min(fromMs + done.withinMs, this.#clock.nowMs())
    for (const node of nodes) {
      this.#listener.onDone?.('power-cut', node)
      this.#lastFault.set(node, 'power-cut')
      this.#listener.onFault({ fault: 'power-cut', nodes: [node], undone: false, fromMs, toMs })
    }
    return done
  }

  async pause(node: string): Promise<void> {
    await this.#fault('pause', node, () => this.#servers.pause(node))
  }

  async restart(node: string, graceMs: number, changes?: StartChanges): Promise<NodeState> {
    if (changes?.refused !== undefined) {
      await this.stop(node, graceMs)
      const ended = await this.state(node)
      await this.start(node, changes)
      return ended
    }
    const act = () => this.#changing(node, () => this.#servers.restart(node, graceMs, changes))
    return await this.#fault('restart', node, act)
  }

  async start(node: string, changes?: StartChanges): Promise<void> {
    const act = () => this.#changing(node, () => this.#servers.start(node, changes))
    if (changes?.refused === undefined) return await this.#undo('start', node, act)
    // What ended it before is not undone.
    await this.#timed('start in vain', node, act)
  }

  async unpause(node: string): Promise<void> {
    await this.#undo('unpause', node, () => this.#servers.unpause(node))
  }

  /** Whether it was a step that ended the server, and nothing has started it since. */
  isEndedOnPurpose(node: string): boolean {
    return ENDS.has(this.#lastFault.get(node) ?? '')
  }

  async #fault<T>(fault: ServerAction, node: string, act: () => Promise<T>): Promise<T> {
    const { done, times } = await this.#timed(fault, node, act)
    this.#lastFault.set(node, fault)
    this.#listener.onFault({ fault, nodes: [node], undone: false, ...times })
    return done
  }

  async #undo(action: ServerAction, node: string, act: () => Promise<void>): Promise<void> {
    const { times } = await this.#timed(action, node, act)
    const fault = this.#lastFault.get(node) ?? 'stop'
    this.#lastFault.delete(node)
    this.#listener.onFault({ fault, nodes: [node], undone: true, ...times })
  }

  async #changing<T>(node: string, act: () => Promise<T>): Promise<T> {
    const serverOf = () => this.nodes.find(({ name }) => name === node)?.server
    const before = serverOf()
    const done = await act()
    const after = serverOf()
    if (after !== undefined && after !== before) this.#listener.onServer?.(node, after)
    return done
  }

  async #timed<T>(
    action: ServerAction,
    node: string,
    act: () => Promise<T>,
  ): Promise<{ done: T; times: Pick<FaultObservation, 'fromMs' | 'toMs'> }> {
    await this.#listener.onBegin(action, node)
    const fromMs = this.#clock.nowMs()
    const done = await act()
    const toMs = this.#clock.nowMs()
    this.#listener.onDone?.(action, node)
    return { done, times: { fromMs, toMs } }
  }

  get runId(): string {
    return this.#servers.runId
  }

  get nodes(): readonly ServerNode[] {
    return this.#servers.nodes
  }

  get guests(): GuestPlace | undefined {
    return this.#servers.guests
  }
  get spares(): readonly ServerNode[] {
    return this.#servers.spares
  }

  async add(): Promise<ServerNode> {
    return await this.#servers.add()
  }

  get network(): NetworkControl {
    return this.#servers.network
  }

  get control(): ServerControl {
    return this.#servers.control
  }

  async users(): Promise<RunnerUsers> {
    return await this.#servers.users()
  }

  passwordCommand(of: 'default' | { runnerAt: string }): string {
    return this.#servers.passwordCommand(of)
  }

  async state(node: string): Promise<NodeState> {
    return await this.#servers.state(node)
  }

  async followLogs(node: string, onLine: (line: LogLine) => void): Promise<() => Promise<void>> {
    return await this.#servers.followLogs(node, onLine)
  }

  async lastWords(node: string): Promise<string> {
    return await this.#servers.lastWords(node)
  }

  async remove(): Promise<void> {
    await this.#servers.remove()
  }
}
