import { readdir, readFile, readlink } from 'node:fs/promises'
import { kernelAddress } from '../kernel-address.ts'

/** The name of whose process has this end of a connection; undefined if none of them has it. Only Linux shows that. */
export async function socketOwner(
  end: { host: string; port: number },
  pids: Readonly<Record<string, number>>,
): Promise<string | undefined> {
  const inode = await inodeOf(end)
  if (inode === undefined) return undefined
  const has = await Promise.all(Object.values(pids).map((pid) => hasSocket(pid, inode)))
  return Object.keys(pids).find((_, place) => has[place])
}

async function inodeOf(end: { host: string; port: number }): Promise<string | undefined> {
  const table = await readFile('/proc/net/tcp', 'utf8').catch(() => '')
  const address = ` ${hex(end)} `
  const line = table.split('\n').find((row) => row.includes(address) && row.trim().split(/\s+/)[1] === address.trim())
  return line?.trim().split(/\s+/)[9]
}

async function hasSocket(pid: number, inode: string): Promise<boolean> {
  const folder = `/proc/${pid}/fd`
  const files = await readdir(folder).catch((): string[] => [])
  const targets = await Promise.all(files.map((file) => readlink(`${folder}/${file}`).catch(() => '')))
  return targets.includes(`socket:[${inode}]`)
}

function hex({ host, port }: { host: string; port: number }): string {
  return `${kernelAddress(host)}:${port.toString(16).toUpperCase().padStart(4, '0')}`
}
