import type { Clock } from '../base/clock.ts'
import { ChaosError, messageOf } from '../base/errors.ts'
import { LiveCluster, type LiveNode } from '../cluster/live-cluster.ts'
import type { Command } from '../cluster/node-client.ts'
import { parseInfo } from '../cluster/node-report.ts'
import type { ServerGroup } from '../platforms/platform.ts'

/** Why servers cannot be played on again. */
export class NotClean extends ChaosError {
  override name = 'NotClean'
}

const ANSWER_WITHIN_MS = 2000

/** What a play leaves beside keys, that every version has. */
const RESET: readonly Command[] = [
  ['CLUSTER', 'RESET', 'HARD'],
  ['SCRIPT', 'FLUSH'],
  ['CONFIG', 'RESETSTAT'],
  ['SLOWLOG', 'RESET'],
  ['LATENCY', 'RESET'],
]

/** Before all else, for a server takes no command while clients wait; some versions do not have all of these. */
const RESET_WHERE_KNOWN: readonly Command[] = [
  ['CLIENT', 'UNPAUSE'],
  ['CLIENT', 'KILL', 'TYPE', 'normal'],
  ['CLIENT', 'KILL', 'TYPE', 'pubsub'],
  ['FUNCTION', 'FLUSH'],
]

const QUESTIONS: readonly Command[] = [
  ['CONFIG', 'GET', '*'],
  ['INFO', 'server'],
  ['INFO', 'keyspace'],
  ['INFO', 'replication'],
  ['INFO', 'memory'],
  ['CLUSTER', 'INFO'],
  ['CLUSTER', 'NODES'],
  ['ACL', 'LIST'],
]
/** What not every version knows: then it says so before a play as after it. */
const MORE_QUESTIONS: readonly Command[] = [
  ['FUNCTION', 'LIST'],
  ['MODULE', 'LIST'],
]

const PROGRAM = ['redis_version', 'executable', 'config_file', 'tcp_port']
const EPOCHS = ['cluster_current_epoch', 'cluster_my_epoch']
const MEMBERS = ['cluster_known_nodes', 'cluster_slots_assigned']

/** What shows whether a server is new: who it is, what it is set to, and what it holds and knows. */
interface NodeLook {
  /** Of this very process. */
  run: string | undefined
  /** In the cluster. */
  id: string
  /** Setting → value. */
  config: ReadonlyMap<string, string>
  /** All else, by what it is in words. */
  facts: Readonly<Record<string, string>>
}

/** What servers look like, by name. */
export type ServersLook = ReadonlyMap<string, NodeLook>

/**
 * Takes away all faults between servers. Throws NotClean unless every way between two of them is seen to be open then, and
 * nobody else has come to it.
 */
export async function assertWholeNetwork({ nodes, network }: Pick<ServerGroup, 'nodes' | 'network'>): Promise<void> {
  await network.set([])
  const left = await network.counts()
  if (left.length > 0) throw new NotClean('faults between the servers could not be taken away')
  const names = nodes.map(({ name }) => name)
  const probes = names.flatMap((from) =>
    names
      .filter((to) => to !== from)
      .flatMap((to) => (['bus', 'data'] as const).map((channel) => ({ from, to, channel }))),
  )
  const shut = (await network.probe(probes, ANSWER_WITHIN_MS)).find(({ outcome }) => outcome !== 'open')
  if (shut !== undefined) throw new NotClean(`the way from ${shut.from} to ${shut.to} is ${shut.outcome}`)
  if ((network.strangers ?? []).length > 0) throw new NotClean('somebody else came to the links of its servers')
}

/** Talks to servers whose cluster, if any, is of no interest. */
export class ServerCleaner {
  readonly #group: ServerGroup
  readonly #clock: Clock

  constructor(group: ServerGroup, clock: Clock) {
    this.#group = group
    this.#clock = clock
  }

  /** How the servers are. Throws NotClean for one that does not say, and what the platform throws. */
  async look(): Promise<ServersLook> {
    return await this.#withServers(lookAtAll)
  }

  /**
   * Takes away what a play leaves: keys, membership, scripts, functions, clients, statistics. Resolves to how the
   * servers are then, with the ids that they had before. Throws NotClean.
   */
  async reset(): Promise<{ now: ServersLook; formerIds: string[] }> {
    return await this.#withServers(async (nodes) => {
      const formerIds = await Promise.all(
        nodes.map(async (node) => {
          const state = await this.#group.state(node.name)
          if (state.status !== 'running') throw new NotClean(`${node.name} is ${state.status} (${state.text})`)
          return await resetNode(node)
        }),
      )
      // When all are reset: what one still knows of another is gone by then.
      return { now: await lookAtAll(nodes), formerIds }
    })
  }

  async #withServers<T>(work: (nodes: readonly LiveNode[]) => Promise<T>): Promise<T> {
    const users = await this.#group.users()
    const live = new LiveCluster({ nodes: this.#group.nodes, ...users, clock: this.#clock })
    try {
      return await work(live.nodes)
    } finally {
      live.close()
    }
  }
}

async function lookAtAll(nodes: readonly LiveNode[]): Promise<ServersLook> {
  return new Map(await Promise.all(nodes.map(async (node) => [node.name, await lookAt(node)] as const)))
}

/** Resolves to the id that the node had. */
async function resetNode({ name, client }: LiveNode): Promise<string> {
  await client.pipeline(RESET_WHERE_KNOWN, ANSWER_WITHIN_MS)
  const [id, replication] = await client.pipeline(
    [
      ['CLUSTER', 'MYID'],
      ['INFO', 'replication'],
    ],
    ANSWER_WITHIN_MS,
  )
  // A replica takes no FLUSHALL: it is emptied as it becomes a master.
  const role = replication instanceof Error ? undefined : parseInfo(String(replication)).get('role')
  const commands: readonly Command[] = role === 'master' ? [['FLUSHALL'], ...RESET] : RESET
  const failed = (await client.pipeline(commands, ANSWER_WITHIN_MS)).find((reply) => reply instanceof Error)
  if (failed !== undefined) throw new NotClean(`${name} cannot be reset: ${messageOf(failed)}`)
  return String(id)
}

async function lookAt({ name, client }: LiveNode): Promise<NodeLook> {
  const replies = await client.pipeline([...QUESTIONS, ...MORE_QUESTIONS], ANSWER_WITHIN_MS)
  const failed = replies.slice(0, QUESTIONS.length).find((reply) => reply instanceof Error)
  if (failed !== undefined) throw new NotClean(`${name} does not say how it is: ${messageOf(failed)}`)
  const [config, server, keys, replication, memory, cluster, nodes, users, functions, modules] = replies
  const info = parseInfo([server, replication, memory, cluster].map(String).join('\r\n'))
  const said = (fields: readonly string[]) => fields.map((field) => info.get(field) ?? '').join(' ')
  const self = /^.*\bmyself\b.*$/m.exec(String(nodes))?.[0] ?? ''
  return {
    run: info.get('run_id'),
    id: self.split(' ')[0] ?? '',
    config: pairs(config),
    facts: {
      'its program': said(PROGRAM),
      'its keys': String(keys).trim(),
      'its slots': self.split(' ').slice(8).join(' '),
      'whom it knows': said(MEMBERS),
      'its epochs': said(EPOCHS),
      'its role': said(['role']),
      'its cached scripts': said(['number_of_cached_scripts']),
      'its users': rulesOf(users),
      'its functions': textOf(functions),
      'its modules': textOf(modules),
    },
  }
}

/** A server lists the commands of a user in an order of its own each time that it is started. */
function rulesOf(users: unknown): string {
  const lines = Array.isArray(users) ? users.map(String) : []
  return lines.map((line) => line.split(' ').sort().join(' ')).join('\n')
}

function pairs(reply: unknown): Map<string, string> {
  const words = Array.isArray(reply) ? reply.map(String) : []
  return new Map(words.flatMap((word, index) => (index % 2 === 0 ? [[word, words[index + 1] ?? '']] : [])))
}

function textOf(reply: unknown): string {
  return reply instanceof Error ? reply.message : JSON.stringify(reply)
}

/**
 * Why servers are not as they were when they were new, in a sentence without values, which may be secrets; undefined if
 * they are. `restarted`: nodes that the runner itself has started again, with the same program and settings.
 */
export function whyNotFresh(
  fresh: ServersLook,
  now: ServersLook,
  { formerIds, restarted }: { formerIds: readonly string[]; restarted: ReadonlySet<string> },
): string | undefined {
  for (const [name, before] of fresh) {
    const after = now.get(name)
    const what = after === undefined ? 'it is gone' : differenceOf(before, after, restarted.has(name))
    if (what !== undefined) return `${name} is not as it was when it was new: ${what}`
    if (after !== undefined && (formerIds.includes(after.id) || before.id === after.id)) {
      return `${name} has kept its id`
    }
  }
  return now.size === fresh.size ? undefined : 'there are more servers than when they were new'
}

function differenceOf(before: NodeLook, after: NodeLook, restarted: boolean): string | undefined {
  if (before.run !== after.run && !restarted) return 'it is another process'
  const settings = new Set([...before.config.keys(), ...after.config.keys()])
  const setting = [...settings].find((one) => before.config.get(one) !== after.config.get(one))
  if (setting !== undefined) return `its setting ${setting}`
  return Object.keys(before.facts).find((fact) => before.facts[fact] !== after.facts[fact])
}
