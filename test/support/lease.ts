import { createServer } from 'node:net'

/** Ports of one lease, and leases in all. Their ports end at 19999, their cluster buses at 29999. */
const PORTS = 20
const LEASES = 400
const FIRST_PORT = 12_000
const BUS_OFFSET = 10_000
/** A lease is held by a listener on a port of its own, below those that systems give to clients (from 32768 on). */
const FIRST_LOCK_PORT = 30_000
const HOST = '127.0.0.1'

export interface Lease {
  /** The first of 20 ports. Their cluster buses, 10000 higher, are free too. */
  portBase: number
  /** For the names of nodes. */
  namePrefix: string
}

let next = process.pid

/**
 * Ports and names for the servers of a test, which no other test on this machine gets while this process lives, in
 * whichever checkout it runs. The system takes the lease back when the process ends, however it does. Ports in use are
 * passed over. Throws Error when none are left.
 */
export async function leaseCluster(): Promise<Lease> {
  for (let tried = 0; tried < LEASES; tried += 1) {
    const number = next % LEASES
    next += 1
    if (!(await hold(FIRST_LOCK_PORT + number))) continue
    const portBase = FIRST_PORT + number * PORTS
    if (await areFree(portBase)) return { portBase, namePrefix: `test-${process.pid}-${portBase}-` }
  }
  throw new Error(`all ${LEASES} ranges of ports from ${FIRST_PORT} on are leased to tests or in use`)
}

/** What makes the command use a lease. */
export function clusterFlags({ portBase, namePrefix }: Lease): string[] {
  return ['--port-base', String(portBase), '--name-prefix', namePrefix]
}

/** A port at which nothing listens, on a lease of its own. */
export async function leasePort(): Promise<number> {
  return (await leaseCluster()).portBase
}

async function areFree(portBase: number): Promise<boolean> {
  const ports = Array.from({ length: PORTS }, (_, index) => portBase + index)
  const free = await Promise.all(ports.flatMap((port) => [isFree(port), isFree(port + BUS_OFFSET)]))
  return free.every(Boolean)
}

/** Listens on the port for as long as this process lives; false if it is taken. */
function hold(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', () => resolve(false))
    server.listen({ port, host: HOST, exclusive: true }, () => {
      server.unref()
      resolve(true)
    })
  })
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: HOST, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
