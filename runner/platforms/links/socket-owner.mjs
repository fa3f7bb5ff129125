// Plain JavaScript, as all that the link process loads: see link-process.mjs.
import { readdir, readFile, readlink } from 'node:fs/promises'

/**
 * The name of whose process has this end of a connection; undefined if none of them has it. Only Linux shows that.
 * @param {{ host: string, port: number }} end
 * @param {Readonly<Record<string, number>>} pids
 * @returns {Promise<string | undefined>}
 */
export async function socketOwner(end, pids) {
  const inode = await inodeOf(end)
  if (inode === undefined) return undefined
  const has = await Promise.all(Object.values(pids).map((pid) => hasSocket(pid, inode)))
  return Object.keys(pids).find((_, place) => has[place])
}

/** @param {{ host: string, port: number }} end */
async function inodeOf(end) {
  const table = await readFile('/proc/net/tcp', 'utf8').catch(() => '')
  const address = ` ${hex(end)} `
  const line = table.split('\n').find((row) => row.includes(address) && row.trim().split(/\s+/)[1] === address.trim())
  return line?.trim().split(/\s+/)[9]
}

/**
 * @param {number} pid
 * @param {string} inode
 */
async function hasSocket(pid, inode) {
  const folder = `/proc/${pid}/fd`
  const files = await readdir(folder).catch(() => /** @type {string[]} */ ([]))
  const targets = await Promise.all(files.map((file) => readlink(`${folder}/${file}`).catch(() => '')))
  return targets.includes(`socket:[${inode}]`)
}

/**
 * As the kernel writes it: the address in the byte order of the machine, which is little-endian wherever Node runs but on s390x.
 * @param {{ host: string, port: number }} end
 */
function hex({ host, port }) {
  const bytes = host.split('.').map((part) => Number(part).toString(16).toUpperCase().padStart(2, '0'))
  const ordered = process.arch === 's390x' ? bytes : bytes.reverse()
  return `${ordered.join('')}:${port.toString(16).toUpperCase().padStart(4, '0')}`
}
