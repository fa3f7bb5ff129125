import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { LinkCount, LinkFault } from '../../runner/platforms/faults.ts'
import { LinkChild } from '../../runner/platforms/links/link-child.ts'
import { announcedAddress, hiddenAddress, loopbackPlan } from '../../runner/platforms/links/loopback.ts'
import type { ServerNode } from '../../runner/platforms/platform.ts'
import { leaseCluster } from '../support/lease.ts'

interface Teardown {
  teardown(work: () => unknown): void
}

/** Three nodes that are only listeners of the test, and the process that carries the links between them. */
export interface LinkStand {
  set(faults: readonly LinkFault[]): Promise<void>
  counts(): Promise<LinkCount[]>
  /** A connection from one node to another's port for clients, and what the other node sees of it. */
  open(from: number, to: number): Promise<Opened>
  /** A connection from one node to another, of which the other sees nothing. */
  tryToOpen(from: number, to: number): Promise<End>
  /** Nobody listens in this node's place any more. */
  down(index: number): Promise<void>
}

export interface Opened {
  near: End
  far: End
}

export const name = (index: number) => `redis-node${index}`

export async function newStand(t: Teardown): Promise<LinkStand> {
  const { portBase } = await leaseCluster()
  const nodes = [0, 1, 2].map(
    (index): ServerNode => ({
      name: name(index),
      serverName: name(index),
      index,
      host: 'localhost',
      port: portBase + index,
      peerHost: announcedAddress(index),
      peerPort: portBase + index,
      machine: 'here',
    }),
  )
  const ends = new Set<End>()
  const arriving = nodes.map(() => [] as ((far: End) => void)[])
  const servers = nodes.map(({ index, port }) => {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const far = new End(socket)
      ends.add(far)
      arriving[index]?.shift()?.(far)
    })
    server.listen(port, hiddenAddress(index))
    return server
  })
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const links = new LinkChild('link-stand', () => undefined)
  t.teardown(async () => {
    for (const { socket } of ends) socket.destroy()
    for (const server of servers) server.close()
    await links.close()
  })
  await links.open(loopbackPlan(nodes, { links: true }))

  const tryToOpen = async (from: number, to: number) => {
    const socket = connect({
      host: announcedAddress(to),
      port: portBase + to,
      localAddress: announcedAddress(from),
      allowHalfOpen: true,
      noDelay: true,
    })
    const end = new End(socket)
    ends.add(end)
    await Promise.race([once(socket, 'connect'), end.reset])
    return end
  }
  return {
    down: (index) => new Promise((resolve) => servers[index]?.close(() => resolve())),
    set: async (faults) => void (await links.ask({ do: 'set', links: faults })),
    counts: async () => (await links.ask({ do: 'counts' })).counts ?? [],
    tryToOpen,
    open: async (from, to) => {
      const arrives = new Promise<End>((resolve) => arriving[to]?.push(resolve))
      const [near, far] = await Promise.all([tryToOpen(from, to), arrives])
      return { near, far }
    },
  }
}

/** One end of a connection, and all that has come there. */
class End {
  readonly socket: Socket
  /** Bytes that have come and were not taken by `take`. */
  came = Buffer.alloc(0)
  ended = false
  /** Settles when the connection is reset, or gone in another way than by an end of its other half. */
  readonly reset: Promise<void>
  wasReset = false
  #onNews: () => void = () => undefined

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (data: Buffer) => {
      this.came = Buffer.concat([this.came, data])
      this.#onNews()
    })
    socket.on('end', () => {
      this.ended = true
      this.#onNews()
    })
    this.reset = new Promise((resolve) => {
      socket.on('error', () => {
        this.wasReset = true
        resolve()
        this.#onNews()
      })
    })
  }

  say(text: string): void {
    this.socket.write(text)
  }

  /** Resolves when so many bytes have come, and takes them; rejects when they have not after 10 s. */
  async take(bytes: number): Promise<Buffer> {
    await this.until(() => this.came.length >= bytes, `${bytes} bytes to come`)
    const taken = this.came.subarray(0, bytes)
    this.came = this.came.subarray(bytes)
    return taken
  }

  async until(isSo: () => boolean, what: string): Promise<void> {
    if (isSo()) return
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`waited 10 s for ${what}; ${this.came.length} bytes have come`)),
        10_000,
      )
      this.#onNews = () => {
        if (!isSo()) return
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
