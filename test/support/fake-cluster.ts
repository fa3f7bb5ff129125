import type { Clock } from '../../runner/base/clock.ts'
import type { LiveCluster, LiveNode, OwnReport, Snapshot } from '../../runner/cluster/live-cluster.ts'
import type { NodeReport } from '../../runner/cluster/node-report.ts'
import { ReplyError, Unreachable } from '../../runner/cluster/reply-errors.ts'
import type { ServerNode } from '../../runner/platforms/platform.ts'
import { healthyReports, idOf, NAMES, nameOf, snapshotOf } from '../cluster/views.ts'
import { FakeClock } from './fake-clock.ts'

/** What a node says to a command; what it throws is its error. */
export type Answer = (words: readonly string[]) => unknown

/**
 * A cluster of three shards of two (nodes 0, 2 and 4 masters) that is nothing but its reports: tests change these, and
 * what each node answers. Node i is `localhost:<7000 + i>`.
 */
export class FakeCluster {
  readonly clock: Clock
  readonly reports: NodeReport[] = healthyReports()
  /** Every command that reached a node, in order. */
  readonly sent: { node: string; words: string[] }[] = []
  /** Those of them that came over the connection for what a scenario made up. */
  readonly byScenario: string[] = []
  /** Called before each look at all nodes. */
  onLook: (() => void) | undefined
  readonly nodes: LiveNode[]
  readonly #answers = new Map<string, Answer>()
  readonly #down = new Map<string, Error>()

  constructor(clock: Clock = new FakeClock()) {
    this.clock = clock
    this.nodes = NAMES.map((name, index) => this.#node(name, index))
  }

  get members(): readonly LiveNode[] {
    return this.nodes
  }

  /** As the code under test knows it. */
  get live(): LiveCluster {
    return this as unknown as LiveCluster
  }

  /** From now on the node answers so; what this gives `undefined` for is answered as ever. */
  answer(node: string, answer: Answer): void {
    this.#answers.set(node, answer)
  }

  /** The node no longer answers anything. */
  down(node: string, error: Error = refused(node)): void {
    this.#down.set(node, error)
  }

  up(node: string): void {
    this.#down.delete(node)
  }

  has(name: string): boolean {
    return NAMES.includes(name)
  }

  node(name: string): LiveNode {
    const node = this.nodes.find((one) => one.name === name)
    if (!node) throw new Error(`there is no node ${name}`)
    return node
  }

  report(index: number): NodeReport {
    const report = this.reports.find(({ name }) => name === NAMES[index])
    if (!report) throw new Error(`no report of node ${index}`)
    return report
  }

  async look(): Promise<Snapshot> {
    this.onLook?.()
    const gone = NAMES.filter((name) => this.#down.has(name))
    return snapshotOf(
      this.reports.filter(({ name }) => !gone.includes(name)),
      Object.fromEntries(gone.map((name) => [name, 'connection refused'])),
    )
  }

  async lookAt(name: string): Promise<OwnReport> {
    const report = this.reports.find((one) => one.name === name)
    if (!report || this.#down.has(name)) throw new Error(`${name} gives no answer: connection refused`)
    const { nodes, myId } = report.view
    const own = nodes.find(({ id }) => id === myId)
    const master = nodes.find(({ id }) => id === own?.masterId)
    return { report, ...(master ? { master: nameOf(master) } : {}) }
  }

  nameOfAddress(_: string, port: number): string | undefined {
    return NAMES[port - 7000]
  }

  readdress(servers: readonly ServerNode[]): void {
    for (const { name, peerHost } of servers) Object.assign(this.node(name), { peerHost })
  }

  lastIdOf(name: string): string | undefined {
    return this.reports.find((report) => report.name === name)?.view.myId
  }

  /** A connection of the caller's own; what is sent over it is noted as any other. */
  connect(name: string): LiveNode['client'] {
    return this.node(name).client
  }

  connectReader(name: string): LiveNode['client'] {
    return this.node(name).client
  }

  connectScenario(name: string): LiveNode['client'] {
    return this.node(name).scenario
  }

  close(): void {}

  #node(name: string, index: number): LiveNode {
    const call = async (...words: readonly (string | number)[]): Promise<unknown> => {
      const texts = words.map(String)
      const down = this.#down.get(name)
      if (down) throw down
      this.sent.push({ node: name, words: texts })
      const answer = await this.#answers.get(name)?.(texts)
      return answer === undefined ? usualAnswer(texts) : answer
    }
    const connection = (call: (...words: readonly (string | number)[]) => Promise<unknown>) =>
      ({
        name,
        call,
        callWithin: async (_timeoutMs: number, ...words: (string | number)[]) => await call(...words),
        pipeline: async (commands: readonly (readonly (string | number)[])[]) =>
          await Promise.all(commands.map((words) => call(...words).catch((error: unknown) => error))),
        close: () => {},
      }) as unknown as LiveNode['client']
    const client = connection(call)
    const scenario = connection((...words) => {
      this.byScenario.push(words.join(' '))
      return call(...words)
    })
    const address = { host: 'localhost', port: 7000 + index, peerHost: '127.0.0.1', peerPort: 7000 + index }
    return { name, serverName: name, index, ...address, machine: 'localhost', client, data: client, scenario }
  }
}

function usualAnswer([command, sub]: readonly string[]): unknown {
  switch (command?.toUpperCase()) {
    case 'PING':
      return 'PONG'
    case 'INFO':
      return sub === 'server' ? 'run_id:first\r\nuptime_in_seconds:5\r\n' : ''
    case 'GET':
      return null
    default:
      return 'OK'
  }
}

export function refused(node: string): Unreachable {
  const why = { kind: 'refused', indeterminate: false, reason: 'connection refused' } as const
  return new Unreachable({ node, address: 'localhost:7000', ...why })
}

export function unanswered(node: string): Unreachable {
  const why = { kind: 'timeout', indeterminate: true, reason: 'no reply within 2000 ms' } as const
  return new Unreachable({ node, address: 'localhost:7000', ...why })
}

export function loading(node: string): ReplyError {
  return new ReplyError(node, 'LOADING Redis is loading the dataset in memory')
}

/** Makes `replica` the master of its shard in every report, and the old master its replica. */
export function promote(cluster: FakeCluster, replica: number, master: number): void {
  for (const report of cluster.reports) {
    const slots = report.view.nodes.find(({ id }) => id === idOf(master))?.slots ?? []
    report.view.nodes = report.view.nodes.map((node) => {
      if (node.id === idOf(replica)) {
        const { masterId: _, ...rest } = node
        return { ...rest, role: 'master', flags: new Set(['master']), slots, configEpoch: 9 }
      }
      if (node.id !== idOf(master)) return node
      return { ...node, role: 'replica', flags: new Set(['slave']), slots: [], masterId: idOf(replica), configEpoch: 9 }
    })
  }
  const replication = (index: number) => cluster.report(index).replication
  const [heirs, olds] = [replication(replica), replication(master)]
  cluster.report(replica).replication = {
    ...olds,
    replicas: [{ host: '', port: 7000 + master, state: 'online', offset: 100, lag: 0 }],
  }
  cluster.report(master).replication = { ...heirs }
}
