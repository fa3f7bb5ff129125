import { readdir, readFile, readlink } from 'node:fs/promises'
import { createServer } from 'node:net'

/** Holds a port, and cannot be seen from here. */
export const NOBODY_SEEN = 'another program'

/**
 * What listens on this port of the machine's loopback, in words (`process 123 (nginx)`, `another program`); undefined
 * if the port is free. `localhost` may mean either loopback address to a client, so both must be free; `more` addresses
 * too.
 */
export async function portHolder(port: number, more: readonly string[] = []): Promise<string | undefined> {
  const taken = await Promise.all(['127.0.0.1', '::1', ...more].map((host) => isTaken(host, port)))
  if (!taken.includes(true)) return undefined
  return (await findListener(port)) ?? NOBODY_SEEN
}

// Any other error (no IPv6 here, no right to low ports) says nothing about other listeners.
async function isTaken(host: string, port: number): Promise<boolean> {
  return (await listenError(host, port))?.code === 'EADDRINUSE'
}

/** Why this program cannot listen at an address, found out by trying; undefined if it can. Port 0 is any free port. */
export function listenError(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', resolve)
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}

/** A port of the loopback that is free at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

const LISTENING = '0A'

/** Only Linux has /proc. */
async function findListener(port: number): Promise<string | undefined> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(readOrNothing))
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0')
  const sockets = tables
    .flatMap((table) => table.split('\n'))
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(`:${hexPort}`) && fields[3] === LISTENING)
    .map((fields) => fields[9] ?? '')
  return sockets.length === 0 ? undefined : await processOfSocket(sockets)
}

/**
 * The process that has one of these sockets, by their inodes, in words: `process 123 (nginx)`. Undefined if none is seen
 * to: other users' processes show their sockets to root alone.
 */
export async function processOfSocket(inodes: readonly string[]): Promise<string | undefined> {
  const sockets = inodes.map((inode) => `socket:[${inode}]`)
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  for (const pid of pids) {
    if (await hasSocket(pid, sockets)) {
      // The name alone: arguments may hold secrets.
      return `process ${pid} (${(await readOrNothing(`/proc/${pid}/comm`)).trim()})`
    }
  }
  return undefined
}

async function hasSocket(pid: string, sockets: readonly string[]): Promise<boolean> {
  const folder = `/proc/${pid}/fd`
  const files = await readdir(folder).catch(() => [])
  const targets = await Promise.all(files.map((file) => readlink(`${folder}/${file}`).catch(() => '')))
  return targets.some((target) => sockets.includes(target))
}

function readOrNothing(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '')
}
