import { createConnection, createServer, type Server, type Socket } from 'node:net'

/**
 * What a server that lies makes of a command, as words; undefined: it is carried out as it is. The substitute must have
 * one reply of its own, which the client then takes for the reply to its command.
 */
export type Lie = (words: readonly string[]) => readonly string[] | undefined

/** A proxy on loopback before a real server, which carries out something else than it was told to. */
export class LyingProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  port = 0

  constructor(target: { host: string; port: number }, lie: Lie) {
    this.#server = createServer((client) => {
      const server = createConnection(target)
      for (const socket of [client, server]) {
        this.#sockets.add(socket)
        socket.on('close', () => {
          this.#sockets.delete(socket)
          client.destroy()
          server.destroy()
        })
        socket.on('error', () => socket.destroy())
      }
      server.pipe(client)
      let rest = Buffer.alloc(0)
      client.on('data', (data) => {
        rest = Buffer.concat([rest, data])
        for (let found = firstCommand(rest); found; found = firstCommand(rest)) {
          const other = lie(found.words)
          server.write(other ? encoded(other) : rest.subarray(0, found.length))
          rest = rest.subarray(found.length)
        }
      })
    })
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('no port to listen on')
    this.port = address.port
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** The first whole command, an array of bulk strings, and how many bytes it takes. */
function firstCommand(bytes: Buffer): { words: string[]; length: number } | undefined {
  const text = bytes.toString('latin1')
  const head = /^\*(\d+)\r\n/.exec(text)
  if (!head) return undefined
  const words: string[] = []
  let at = head[0].length
  for (let left = Number(head[1]); left > 0; left -= 1) {
    const bulk = /^\$(\d+)\r\n/.exec(text.slice(at, at + 20))
    const start = at + (bulk?.[0].length ?? 0)
    const end = start + Number(bulk?.[1])
    if (!bulk || text.length < end + 2) return undefined
    words.push(text.slice(start, end))
    at = end + 2
  }
  return { words, length: at }
}

function encoded(words: readonly string[]): Buffer {
  return Buffer.from(`*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`, 'latin1')
}
