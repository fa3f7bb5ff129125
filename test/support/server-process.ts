import { readdirSync, readFileSync } from 'node:fs'

/** The process of the server in cluster mode at a port. Throws Error if there is none. */
export function pidAt(port: number): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const pid = pids.find((name) => commandOf(name).includes(`:${port} [cluster]`))
  if (pid === undefined) throw new Error(`no server listens at ${port}`)
  return Number(pid)
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    // It has ended meanwhile.
    return ''
  }
}
