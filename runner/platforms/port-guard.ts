import { closeSync, openSync, readSync } from 'node:fs'
import { kernelAddress } from './kernel-address.ts'
import { processOfSocket } from './port-holder.ts'

/** Who may listen on the port of a server. */
export interface PortGuard {
  /** Ids of users. */
  users: readonly number[]
  /** The engine leads connections on by rules of the kernel: nobody listens there, and all the same they are accepted. */
  redirected?: true
}

/** A listening socket, as the kernel shows it to everybody. */
export interface Listener {
  user: number
  /** No two sockets that live at the same time have the same. */
  inode: string
}

/** Somebody listens on the port of a server who is none of the run's. Nothing was said to them. */
export class PortHeld extends Error {
  override name = 'PortHeld'
  /** Whoever looks at codes alone takes it as a refusal. */
  readonly code = 'ECONNREFUSED'
}

/**
 * The kernel tells listeners first and ends the walk at the wanted one: as many rows (of 150 bytes) at a time, so that
 * it does not walk through all connections of the machine for the rest of a page.
 */
const BYTES_AT_A_TIME = 600
const LISTENING = '0A'

/**
 * Who listens on a port of an IPv4 address of this machine; undefined if nobody does, `unseen` where the system does not
 * show it. Takes well under a millisecond, whatever number of connections the machine has; with `mapped`, which looks
 * for a socket of IPv6 that takes such connections too, some milliseconds where there is none.
 */
export function listenerAt(host: string, port: number, { mapped = false } = {}): Listener | 'unseen' | undefined {
  const at = (addresses: readonly string[]) =>
    addresses.map((address) => `${address}:${port.toString(16).toUpperCase().padStart(4, '0')}`)
  // Only one of these can listen at a time, unless all belong to one user (SO_REUSEPORT).
  const own = findListener('/proc/net/tcp', at([kernelAddress(host), ANY]))
  if (own !== undefined || !mapped) return own
  const other = findListener('/proc/net/tcp6', at([`${MAPPED}${kernelAddress(host)}`, ANY.repeat(4)]))
  // A kernel without IPv6 has no such table.
  return other === 'unseen' ? undefined : other
}

const ANY = '00000000'
/** ::ffff:0:0/96, in the kernel's words of four bytes. */
const MAPPED = `${ANY}${ANY}${kernelAddress('0.0.255.255')}`

const buffer = Buffer.allocUnsafe(BYTES_AT_A_TIME)

function findListener(table: string, places: readonly string[]): Listener | 'unseen' | undefined {
  let file: number
  try {
    file = openSync(table, 'r')
  } catch {
    return 'unseen'
  }
  try {
    let rest = ''
    for (let isHead = true; ; ) {
      const count = readSync(file, buffer, 0, BYTES_AT_A_TIME, null)
      if (count === 0) return undefined
      const rows = (rest + buffer.toString('latin1', 0, count)).split('\n')
      rest = rows.pop() ?? ''
      for (const row of rows) {
        const [, place = '', , state, , , , user, , inode = ''] = row.trimStart().split(/\s+/, 10)
        if (!isHead && state !== LISTENING) return undefined
        if (!isHead && places.includes(place)) return { user: Number(user), inode }
        isHead = false
      }
    }
  } catch {
    return 'unseen'
  } finally {
    closeSync(file)
  }
}

/**
 * Whether a connection leads to a server for certain, by who listened before it was made and after. Who listens may have
 * changed meanwhile, and then changed back.
 */
export function isSure(
  { redirected }: PortGuard,
  before: Listener | 'unseen' | undefined,
  after: Listener | 'unseen' | undefined,
): boolean {
  if (before === 'unseen' || after === 'unseen') return true
  return before?.inode === after?.inode && (after !== undefined || redirected === true)
}

/** Whether somebody listens who may not. */
export function isStranger(listener: Listener | 'unseen' | undefined, users: readonly number[]): listener is Listener {
  return listener !== undefined && listener !== 'unseen' && !users.includes(listener.user)
}

const lastHolders = new Map<number, { inode: string; words: Promise<string> }>()

/** What to say of a stranger on a port. The process is looked for once, however often somebody comes by. */
export async function portHeldBy(port: number, { user, inode }: Listener): Promise<PortHeld> {
  const known = lastHolders.get(port)
  const words = known?.inode === inode ? known.words : wordsFor(user, inode)
  lastHolders.set(port, { inode, words })
  return new PortHeld(`port ${port} is held by ${await words}, which is no server of this run`)
}

async function wordsFor(user: number, inode: string): Promise<string> {
  const found = await processOfSocket([inode])
  return found === undefined ? `a program of user ${user}` : `${found} of another user`
}
