import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { type Duplex, PassThrough } from 'node:stream'
import Docker from 'dockerode'
import type { ServerNode } from '../../runner/platforms/platform.ts'

const SCRIPT = readFileSync(new URL('packet-exchange.pl', import.meta.url), 'utf8')
const ARRIVES_WITHIN_MS = 10_000
const CHUNK = 50

/**
 * Which port of which end a packet has: data-to, the receiver's for clients; bus-from, the sender's for the bus; other,
 * none of them.
 */
export const KINDS = ['data-to', 'data-from', 'bus-to', 'bus-from', 'other'] as const

interface Post {
  node: ServerNode
  others: readonly ServerNode[]
  container: Docker.Container
  input: Duplex
  lines: AsyncIterator<string>
}

/**
 * Sends packets from every node to every other one and looks which arrive, by containers in the nodes' namespaces that
 * know nothing of what they test. They must be opened anew for a node that has started anew.
 */
export class PacketExchange {
  readonly #posts: readonly Post[]

  private constructor(posts: readonly Post[]) {
    this.#posts = posts
  }

  static async open(nodes: readonly ServerNode[], image: string, name: string): Promise<PacketExchange> {
    return new PacketExchange(
      await Promise.all(nodes.map((node) => openPost(node, nodes, image, `${name}-${node.index}`))),
    )
  }

  async close(): Promise<void> {
    await Promise.all(this.#posts.map(({ container }) => container.remove({ force: true })))
  }

  /**
   * Has each node send a packet of each kind to each other one; returns those that did not arrive, as `0>1 data-to`.
   * `lost` are those that should not: all others are waited for, and a packet that takes longer than 10 s has not
   * arrived.
   */
  async missing(lost: readonly string[]): Promise<string[]> {
    await this.#ask('tell')
    await this.#ask('send')
    const all = this.#posts.flatMap(({ node, others }) =>
      others.flatMap((other) => KINDS.map((kind) => `${node.index}>${other.index} ${kind}`)),
    )
    const awaited = all.filter((packet) => !lost.includes(packet))
    const came = new Set<string>()
    const deadlineMs = performance.now() + ARRIVES_WITHIN_MS
    do {
      for (const packet of await this.#told()) came.add(packet)
    } while (awaited.some((packet) => !came.has(packet)) && performance.now() < deadlineMs)
    return all.filter((packet) => !came.has(packet))
  }

  /**
   * Sends so many packets to the other node's port for clients; returns how many arrive, those after a second look too.
   */
  async flood(from: number, to: number, count: number): Promise<number> {
    const [sender, receiver] = [this.#post(from), this.#post(to)]
    const index = sender.others.findIndex((other) => other.index === to)
    let arrived = 0
    const take = async () => {
      for (const line of await ask(receiver, 'tell')) {
        const [address, , number] = line.split(' ')
        if (address === sender.node.peerHost) arrived += Number(number)
      }
    }
    await take()
    arrived = 0
    for (let sent = 0; sent < count; sent += CHUNK) {
      await ask(sender, `flood ${index} ${Math.min(CHUNK, count - sent)}`)
      await take()
    }
    await take()
    return arrived
  }

  async #told(): Promise<string[]> {
    const indexOf = new Map(this.#posts.map(({ node }) => [node.peerHost, node.index]))
    const lines = await Promise.all(
      this.#posts.map(async (post) => (await ask(post, 'tell')).map((line) => ({ line, to: post.node.index }))),
    )
    return lines.flat().map(({ line, to }) => {
      const [address = '', kind] = line.split(' ')
      return `${indexOf.get(address)}>${to} ${kind}`
    })
  }

  async #ask(command: string): Promise<void> {
    await Promise.all(this.#posts.map((post) => ask(post, command)))
  }

  #post(index: number): Post {
    const post = this.#posts.find(({ node }) => node.index === index)
    if (!post) throw new Error(`no node ${index} takes part`)
    return post
  }
}

async function openPost(node: ServerNode, nodes: readonly ServerNode[], image: string, name: string): Promise<Post> {
  const others = nodes.filter((other) => other !== node)
  const docker = new Docker()
  const addresses = [node, ...others].flatMap(({ peerHost, peerPort }) => [peerHost, String(peerPort)])
  const container = await docker.createContainer({
    name,
    Image: image,
    Entrypoint: ['perl', '-e', SCRIPT, ...addresses],
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: {
      AutoRemove: true,
      NetworkMode: `container:${node.serverName}`,
      CapDrop: ['ALL'],
      CapAdd: ['NET_RAW'],
    },
  })
  const input = (await container.attach({
    stream: true,
    stdin: true,
    stdout: true,
    stderr: true,
    hijack: true,
  })) as Duplex
  await container.start()
  const output = new PassThrough()
  docker.modem.demuxStream(input, output, output)
  return { node, others, container, input, lines: createInterface(output)[Symbol.asyncIterator]() }
}

async function ask(post: Post, command: string): Promise<string[]> {
  post.input.write(`${command}\n`)
  const answer: string[] = []
  for (;;) {
    const { value, done } = await post.lines.next()
    if (done) throw new Error(`the exchange at ${post.node.name} has ended`)
    if (value === 'done') return answer
    answer.push(value)
  }
}

/** Runs a tool of the image in a node's namespace and returns its output: a look from outside at what is there. */
export async function lookInside(node: ServerNode, image: string, command: readonly string[]): Promise<string> {
  const docker = new Docker()
  const container = await docker.createContainer({
    Image: image,
    Entrypoint: [...command],
    HostConfig: {
      NetworkMode: `container:${node.serverName}`,
      CapDrop: ['ALL'],
      CapAdd: ['NET_ADMIN'],
    },
  })
  try {
    await container.start()
    await container.wait()
    const output = new PassThrough()
    const log = await container.logs({ stdout: true, stderr: false, follow: false })
    const source = new PassThrough()
    docker.modem.demuxStream(source, output, new PassThrough())
    source.end(log)
    await new Promise((resolve) => source.once('end', resolve))
    return String(output.read() ?? '')
  } finally {
    await container.remove({ force: true })
  }
}
