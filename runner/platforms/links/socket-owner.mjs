// Plain JavaScript, as all that the link process loads: see link-process.mjs.
import { readdir, readFile, readlink } from 'node:fs/promises'

/**
 * @typedef {{ host: string, port: number }} Address
 */

const LISTENING = '0A'

/**
 * Tells which node opened a connection that does not come from its address: MIGRATE connects from wherever the system has it
 * (cluster.c, migrateGetSocket, Redis 7.0). Only Linux shows who has a socket; elsewhere nobody is found.
 */
export class SocketOwners {
  #nodes
  /** The process of a node, by the inode of the socket that it listens on: another one when it starts anew. @type {Map<string, string>} */
  #pids = new Map()

  /** @param {ReadonlyMap<string, Address>} nodes by name, where each really listens */
  constructor(nodes) {
    this.#nodes = nodes
  }

  /**
   * The name of the node that has this end of a connection; undefined if it is none of them.
   * @param {Address} end
   * @returns {Promise<string | undefined>}
   */
  async nameOf(end) {
    const sockets = await readSockets()
    const inode = sockets.find((socket) => !socket.listens && socket.address === hex(end))?.inode
    if (inode === undefined) return undefined
    for (const [name, address] of this.#nodes) {
      const listener = sockets.find((socket) => socket.listens && socket.address === hex(address))?.inode
      const pid = listener && (await this.#pidOf(listener))
      if (pid && (await socketsOf(pid)).has(inode)) return name
    }
    return undefined
  }

  /** @param {string} inode */
  async #pidOf(inode) {
    const known = this.#pids.get(inode)
    if (known) return known
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      if (!(await socketsOf(pid)).has(inode)) continue
      this.#pids.set(inode, pid)
      return pid
    }
    return undefined
  }
}

/** @returns {Promise<{ address: string, listens: boolean, inode: string }[]>} */
async function readSockets() {
  const text = await readFile('/proc/net/tcp', 'utf8').catch(() => '')
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .map(([, address = '', , state, , , , , , inode = '']) => ({ address, listens: state === LISTENING, inode }))
}

/**
 * The inodes of the sockets that a process has; none of one that is gone, or of another user.
 * @param {string} pid
 */
async function socketsOf(pid) {
  const folder = `/proc/${pid}/fd`
  const files = await readdir(folder).catch(() => /** @type {string[]} */ ([]))
  const targets = await Promise.all(files.map((file) => readlink(`${folder}/${file}`).catch(() => '')))
  return new Set(targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []))
}

/**
 * As the kernel writes it: the address in the byte order of the machine, which is little-endian wherever Node runs but on s390x.
 * @param {Address} address
 */
function hex({ host, port }) {
  const bytes = host.split('.').map((part) => Number(part).toString(16).toUpperCase().padStart(2, '0'))
  const ordered = process.arch === 's390x' ? bytes : bytes.reverse()
  return `${ordered.join('')}:${port.toString(16).toUpperCase().padStart(4, '0')}`
}
