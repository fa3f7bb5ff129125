import { createServer, type Server, type Socket } from 'node:net'

/** A server on loopback that speaks just enough of Redis Cluster to become a cluster of one node. */
export interface FakeServer {
  readonly port: number
  /** Connections that are open now. */
  connections(): number
  close(): Promise<void>
}

const ID = 'a'.repeat(40)

/** Listens on a free port. `answer` comes first: what it gives is sent, an Error as an error reply. */
export async function startFakeServer(answer: (words: string[]) => unknown = () => undefined): Promise<FakeServer> {
  const sockets = new Set<Socket>()
  const node = new Node()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    let buffered = ''
    socket.on('data', (data) => {
      buffered += data.toString('latin1')
      for (let found = firstCommand(buffered); found; found = firstCommand(buffered)) {
        buffered = buffered.slice(found.length)
        socket.write(encoded(answer(found.words) ?? node.reply(found.words)))
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port to listen on')
  node.port = address.port
  return {
    port: address.port,
    connections: () => sockets.size,
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

class Node {
  port = 0
  #slots = ''
  #epoch = 0

  reply([command = '', sub = '', ...rest]: string[]): unknown {
    switch (`${command} ${sub}`.toUpperCase().trim()) {
      case 'PING':
        return 'PONG'
      case 'DBSIZE':
        return 0
      case 'INFO SERVER':
        return 'run_id:first\r\nuptime_in_seconds:0\r\n'
      case 'INFO REPLICATION':
        return 'role:master\r\nconnected_slaves:0\r\nmaster_repl_offset:0\r\n'
      case 'CONFIG GET':
        return ['cluster-node-timeout', '5000']
      case 'CLUSTER MYID':
        return ID
      case 'CLUSTER INFO':
        return this.#info()
      case 'CLUSTER NODES':
        return this.#nodes()
      case 'CLUSTER SET-CONFIG-EPOCH':
        this.#epoch = Number(rest[0])
        return 'OK'
      case 'CLUSTER ADDSLOTSRANGE':
        this.#slots = `${rest[0]}-${rest[1]}`
        return 'OK'
      default:
        return 'OK'
    }
  }

  #info(): string {
    const slots = this.#slots === '' ? 0 : 16384
    const state = slots === 0 ? 'fail' : 'ok'
    const counts = `cluster_slots_assigned:${slots}\r\ncluster_known_nodes:1\r\ncluster_size:1`
    return `cluster_state:${state}\r\n${counts}\r\ncluster_current_epoch:${this.#epoch}\r\n`
  }

  #nodes(): string {
    const address = `127.0.0.1:${this.port}@${this.port + 10_000}`
    return `${ID} ${address} myself,master - 0 0 ${this.#epoch} connected ${this.#slots}\n`
  }
}

/** The first whole command, an array of bulk strings, and how many characters it takes. */
function firstCommand(text: string): { words: string[]; length: number } | undefined {
  const head = /^\*(\d+)\r\n/.exec(text)
  if (!head) return undefined
  const words: string[] = []
  let at = head[0].length
  for (let left = Number(head[1]); left > 0; left -= 1) {
    const bulk = /^\$(\d+)\r\n/.exec(text.slice(at, at + 20))
    if (!bulk) return undefined
    const start = at + bulk[0].length
    const end = start + Number(bulk[1])
    if (text.length < end + 2) return undefined
    words.push(text.slice(start, end))
    at = end + 2
  }
  return { words, length: at }
}

function encoded(reply: unknown): string {
  if (reply instanceof Error) return `-${reply.message}\r\n`
  if (reply === null) return '$-1\r\n'
  if (typeof reply === 'number') return `:${reply}\r\n`
  if (Array.isArray(reply)) return `*${reply.length}\r\n${reply.map(encoded).join('')}`
  return `$${String(reply).length}\r\n${String(reply)}\r\n`
}
