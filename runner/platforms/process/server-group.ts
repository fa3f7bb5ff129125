import { join } from 'node:path'
import { quoted } from '../../base/shell-words.ts'
import { PlatformError } from '../errors.ts'
import type { GroupNeeds, PowerCut } from '../faults.ts'
import { pathExists } from '../files.ts'
import { lastWordsOf } from '../last-words.ts'
import {
  findNode,
  type LogLine,
  type NodeState,
  noSpareLeft,
  type ServerGroup,
  type ServerNode,
  type StartChanges,
} from '../platform.ts'
import { cutPower } from '../unsynced/power-cut.ts'
import { type RunnerUsers, runnerPasswordCommand, runnerUsers, usersUnknown } from '../users.ts'
import { PASSWORD_FILE, RECORD_FILE } from './claimed-folder.ts'
import { type Control, SupervisorGone } from './control.ts'
import { endOfLog, LogFollower } from './logs.ts'
import { ProcessNetworkControl } from './network-control.ts'
import { logFile } from './node-folder.ts'
import { waitForOwnAnswers } from './own-answers.ts'
import type { Action } from './protocol.ts'
import { addressAfter, readdress } from './readdress.ts'
import { rewriteNodes } from './run-record.ts'
import { ProcessServerControl } from './server-control.ts'
import type { PlannedServer, ServerPlans } from './server-plans.ts'

export interface GroupOptions {
  runId: string
  /** The run's folder. */
  folder: string
  /** Servers that were made and not started yet. */
  spares: readonly ServerNode[]
  control: Control
  /** What the group was made with. */
  needs: GroupNeeds
  /** Of the runner's users. */
  secret?: string
  /** In words; undefined for a group that was found again. */
  sandbox?: string
  /** How its servers are started; undefined for a group that was found again. */
  plans?: ServerPlans
  /** Removes the run. */
  remove(): Promise<void>
}

/** The processes of one run. */
export class ProcessServerGroup implements ServerGroup {
  readonly runId: string
  readonly network: ProcessNetworkControl
  readonly control: ProcessServerControl
  readonly #nodes: ServerNode[]
  readonly #spares: ServerNode[]
  readonly sandbox: string | undefined
  readonly #options: GroupOptions
  readonly #followers = new Set<LogFollower>()
  /** Nodes change one after another: they share the record of the run. */
  #changing: Promise<unknown> = Promise.resolve()

  constructor(nodes: readonly ServerNode[], options: GroupOptions) {
    this.runId = options.runId
    this.#nodes = [...nodes]
    this.#spares = [...options.spares]
    this.sandbox = options.sandbox
    this.#options = options
    this.control = new ProcessServerControl(this.#nodes, { ...options, look: (node) => this.look(node) })
    this.network = new ProcessNetworkControl({ ...options, nodes: this.#nodes })
  }

  get nodes(): readonly ServerNode[] {
    return this.#nodes
  }

  get spares(): readonly ServerNode[] {
    return this.#spares
  }

  async add(): Promise<ServerNode> {
    const { control, folder } = this.#options
    const [node] = this.#spares
    if (node === undefined) throw noSpareLeft(this.runId, this.#nodes.length)
    await control.ask(`start ${node.name}`, 'start', node.serverName)
    this.#spares.shift()
    this.#nodes.push(node)
    await waitForOwnAnswers(this, [node], folder)
    return node
  }

  async users(): Promise<RunnerUsers> {
    const { secret } = this.#options
    if (secret === undefined) throw usersUnknown(this.runId)
    return runnerUsers(secret, [...this.#nodes, ...this.#spares])
  }

  passwordCommand(of: 'default' | { runnerAt: string }): string {
    const file = join(this.#options.folder, of === 'default' ? PASSWORD_FILE : RECORD_FILE)
    if (of === 'default') return `cat ${quoted(file)}`
    const program = `process.stdout.write(require(${JSON.stringify(file)}).secret)`
    return runnerPasswordCommand(`node -e ${quoted(program)}`, of.runnerAt)
  }

  async state(node: string): Promise<NodeState> {
    return (await this.look(node)).state
  }

  /** The state of a node, and its process if it runs. */
  async look(node: string): Promise<{ state: NodeState; pid?: number }> {
    const serverName = this.#serverName(node)
    try {
      const { state, pid } = await this.#options.control.ask(`look at ${node}`, 'state', serverName)
      if (!state) throw new PlatformError(`the supervisor of run ${this.runId} did not say how ${node} is`)
      return { state, ...(pid === undefined ? {} : { pid }) }
    } catch (error) {
      if (!(error instanceof SupervisorGone) || (await pathExists(join(this.#options.folder, serverName)))) throw error
      return { state: { status: 'missing', text: 'the process and its folder are gone' } }
    }
  }

  async stop(node: string, graceMs: number): Promise<void> {
    await this.#do('stop', node, graceMs)
  }

  async kill(node: string): Promise<void> {
    await this.#do('kill', node)
  }

  async cutPower(nodes: readonly string[]): Promise<PowerCut> {
    return await cutPower(this, nodes)
  }

  async pause(node: string): Promise<void> {
    await this.#do('pause', node)
  }

  async unpause(node: string): Promise<void> {
    await this.#do('unpause', node)
  }

  async start(node: string, changes: StartChanges = {}): Promise<void> {
    await this.#startPlanned(node, changes, await this.#planned(changes))
  }

  async restart(node: string, graceMs: number, changes: StartChanges = {}): Promise<NodeState> {
    // What cannot be is refused while it runs.
    if (changes.address) await addressAfter(findNode(this.nodes, this.runId, node), this.#options.needs)
    const planned = await this.#planned(changes)
    await this.stop(node, graceMs)
    const ended = await this.state(node)
    await this.#startPlanned(node, changes, planned)
    return ended
  }

  async followLogs(node: string, onLine: (line: LogLine) => void): Promise<() => Promise<void>> {
    const file = logFile(this.#options.folder, this.#serverName(node))
    const follower = await LogFollower.open(file, onLine)
    this.#followers.add(follower)
    return async () => {
      this.#followers.delete(follower)
      await follower.end()
    }
  }

  async lastWords(node: string): Promise<string> {
    return lastWordsOf(await endOfLog(logFile(this.#options.folder, this.#serverName(node))))
  }

  async remove(): Promise<void> {
    await Promise.allSettled([...this.#followers].map((follower) => follower.end()))
    this.#followers.clear()
    this.#options.control.close()
    await this.#options.remove()
  }

  async #startPlanned(node: string, changes: StartChanges, planned: PlannedServer | undefined): Promise<void> {
    if (changes.address) await this.#move(node)
    if (changes.identity === 'lost') await this.control.loseIdentity(node)
    if (changes.data === 'empty') await this.control.wipeData(node, 'kept')
    if (planned) await this.#inTurn(() => this.#replace(findNode(this.nodes, this.runId, node), planned))
    await this.#do('start', node)
  }

  async #planned({ server }: StartChanges): Promise<PlannedServer | undefined> {
    if (server === undefined) return undefined
    const { plans } = this.#options
    if (plans) return await plans.plan(server)
    throw new PlatformError(`the servers of run ${this.runId} were made by another program, and keep their version`)
  }

  async #replace(node: ServerNode, { server, fit }: PlannedServer): Promise<void> {
    await this.#options.control.replace(`make ${node.name} run ${server}`, await fit(node))
    node.server = server
    await rewriteNodes(this.#options.folder, [...this.#nodes, ...this.#spares])
  }

  async #move(name: string): Promise<void> {
    const node = findNode(this.nodes, this.runId, name)
    await this.#inTurn(async () => {
      const to = await addressAfter(node, this.#options.needs)
      await readdress(node, to, { ...this.#options, nodes: [...this.#nodes, ...this.#spares] })
    })
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#changing.then(work)
    this.#changing = done.catch(() => undefined)
    await done
  }

  async #do(action: Action, node: string, graceMs = 0): Promise<void> {
    await this.#options.control.ask(`${action} ${node}`, action, this.#serverName(node), graceMs)
  }

  #serverName(node: string): string {
    return findNode(this.nodes, this.runId, node).serverName
  }
}
