import { type GroupNeeds, UnsupportedFault } from '../faults.ts'
import type { ServerNode } from '../platform.ts'
import { BUS_OFFSET } from '../platform.ts'
import { listenError } from '../port-holder.ts'
import type { LinkPlan } from './protocol.ts'

/**
 * Addresses that let links stand between processes of one machine, without any right of root. Node i is known to the
 * others by an announced address, where the links listen; it speaks from that very address, so that the links know who
 * speaks; and it listens on a hidden one, where only the links go. Groups of one machine tell each other apart by their
 * ports.
 */

/** Addresses of a node that moves: 127.0.12.x, 127.0.14.x and so on, up to the last such block. */
const BLOCK_STEP = 2
const LAST_BLOCK = 254

/** 127.0.10.0 to .9 are left alone, 127.0.10.255 too. */
const FIRST = 10
/** Nodes of a group with links: each has a loopback address of its own. */
const MOST_NODES = 245

export function announcedAddress(index: number): string {
  return `127.0.10.${FIRST + index}`
}

export function hiddenAddress(index: number): string {
  return `127.0.11.${FIRST + index}`
}

export function hasLinks({ index, peerHost }: Pick<ServerNode, 'index' | 'peerHost'>): boolean {
  return peerHost === announcedAddress(index)
}

/** Whether a group's links must be there: between its nodes, or between CLIENTS and them. */
export function needsLinks({ links, clientLinks, addresses }: GroupNeeds): boolean {
  return links === true || clientLinks === true || addresses === true
}

/**
 * The announced address of a node that moves, after its last one. Throws UnsupportedFault where this machine has none
 * left.
 */
export async function nextAddress(last: string): Promise<string> {
  const [, , block = '', host = ''] = last.split('.')
  const next = Number(block) + BLOCK_STEP
  const fault = 'another address'
  if (next > LAST_BLOCK) throw new UnsupportedFault(fault, `loopback has no more addresses after ${last}`)
  const address = `127.0.${next}.${host}`
  const reason = await problemAt(address)
  if (reason !== undefined) throw new UnsupportedFault(fault, reason, aliasHint(address))
  return address
}

/** Where a node listens, the address first that Redis 6 speaks from, which has no `bind-source-addr`. */
export function bindAddresses(index: number, needs: GroupNeeds): string[] {
  if (!needsLinks(needs)) return ['127.0.0.1']
  return needs.clientLinks ? [hiddenAddress(index)] : [hiddenAddress(index), '127.0.0.1']
}

/** What the process that carries the links of these nodes must do. */
export function loopbackPlan(nodes: readonly ServerNode[], needs: GroupNeeds): LinkPlan {
  const senders = nodes.flatMap(({ name, index }) => [
    [announcedAddress(index), name],
    [hiddenAddress(index), name],
  ])
  const doors = nodes.flatMap(({ name, index, port }) => {
    const door = (host: string, channel: 'bus' | 'data', at: number) => ({
      host,
      port: at,
      to: name,
      channel,
      keepsSource: true,
      target: { host: hiddenAddress(index), port: at },
    })
    return [
      door(announcedAddress(index), 'bus', port + BUS_OFFSET),
      { ...door(announcedAddress(index), 'data', port), opensToNodes: true },
      ...(needs.clientLinks ? [door('127.0.0.1', 'data', port)] : []),
    ]
  })
  return { doors, senders: Object.fromEntries(senders) }
}

/** Why links cannot stand between processes of this machine, and what would help; undefined if they can. */
export async function loopbackProblem(): Promise<{ reason: string; hint: string } | undefined> {
  const problems = await Promise.all([announcedAddress(0), hiddenAddress(0)].map(problemAt))
  const reason = problems.find((problem) => problem !== undefined)
  return reason === undefined ? undefined : { reason, hint: WITHOUT_ADDRESSES }
}

/** Throws UnsupportedFault if these nodes cannot have links on this machine. */
export async function assertLoopback(nodes: number): Promise<void> {
  const fault = `links between ${nodes} nodes`
  if (nodes > MOST_NODES) {
    throw new UnsupportedFault(fault, `each needs a loopback address of its own, and there are ${MOST_NODES}`)
  }
  const problem = await loopbackProblem()
  if (problem) throw new UnsupportedFault(fault, problem.reason, problem.hint)
}

function aliasHint(address: string): string {
  return `use a Docker engine (\`--platform docker\`), or Linux; or give lo0 an alias: \`sudo ifconfig lo0 alias ${address}\``
}

const WITHOUT_ADDRESSES =
  'use a Docker engine (`--platform docker`), or Linux, where all of 127.0.0.0/8 is there; or give lo0 aliases: `sudo ifconfig lo0 alias 127.0.10.10`, and so on up to .15, and the same for 127.0.11.10'

async function problemAt(host: string): Promise<string | undefined> {
  const error = await listenError(host, 0)
  return error && `this machine's loopback has no address ${host} (${error.code ?? error.message})`
}
