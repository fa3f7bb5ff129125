import { connect, type Socket } from 'node:net'
import type { Test } from 'tap'
import type { LinkAnswer, LinkFault } from '../../runner/platforms/faults.ts'
import { loopbackProblem } from '../../runner/platforms/links/loopback.ts'
import type { ServerNode } from '../../runner/platforms/platform.ts'
import { groupSpec, password } from '../support/group-spec.ts'
import { newStateFolder, platformIn } from './process-groups.ts'

/** Groups of processes with links between them, for tests, and what is seen of the links from outside. */

export const name = (index: number) => `redis-node${index}`

/** `false` where links can stand between processes; else why not, to be given to tap as `skip`. */
export async function skipWithoutLoopback(): Promise<string | false> {
  return (await loopbackProblem())?.reason ?? false
}

export async function linkedGroup(
  t: Test,
  { server, ...overrides }: Parameters<typeof groupSpec>[0] & { server?: string } = {},
) {
  const stateFolder = newStateFolder(t)
  const platform = platformIn(stateFolder, server)
  t.teardown(() => platform.close())
  const wanted = await groupSpec({ needs: { links: true }, ...overrides })
  t.teardown(() => platform.removeRun(wanted.runId))
  const group = await platform.create(wanted, () => undefined)
  return { stateFolder, platform, group, runId: wanted.runId, portBase: wanted.portBase }
}

export function cut(from: number, to: number, more: Partial<LinkFault> = {}): LinkFault {
  return { from: name(from), to: name(to), channel: 'all', cut: 'drop', ...more }
}

/** All links of one node, both ways, within a group of this size. */
export function isolated(node: number, nodes: number): LinkFault[] {
  const others = Array.from({ length: nodes }, (_, index) => index).filter((index) => index !== node)
  return others.flatMap((other) => [cut(node, other), cut(other, node)])
}

export function describe({ from, to, channel, outcome }: LinkAnswer): string {
  return `${from} to ${to}, ${channel}: ${outcome}`
}

/** A connection of one node to another, as their own are, kept open to see whether what is said on it arrives. */
export class Caller {
  readonly #socket: Socket
  #told = ''

  constructor(from: ServerNode, to: ServerNode) {
    this.#socket = connect({ host: to.peerHost, port: to.peerPort, localAddress: from.peerHost })
    this.#socket.on('error', () => undefined)
    this.#socket.on('data', (data) => {
      this.#told += String(data)
    })
    this.#say('AUTH', password)
  }

  /** Names the connection; whether the server has heard it shows in its list of clients. */
  nameIt(text: string): void {
    this.#told = ''
    this.#say('CLIENT', 'SETNAME', text)
  }

  get wasAnswered(): boolean {
    return this.#told.includes('+OK')
  }

  close(): void {
    this.#socket.destroy()
  }

  #say(...words: string[]): void {
    const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`)
    this.#socket.write(`*${words.length}\r\n${parts.join('')}`)
  }
}

export async function waitUntil(
  isSo: () => boolean | Promise<boolean>,
  what: string,
  withinMs = 15_000,
): Promise<void> {
  const deadlineMs = performance.now() + withinMs
  while (!(await isSo())) {
    if (performance.now() > deadlineMs) throw new Error(`waited ${withinMs / 1000} s for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
