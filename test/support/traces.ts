import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Processes of this machine that are about this text: in their command line, their environment or their folder. Linux
 * alone.
 */
export function processesAbout(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .flatMap((pid) => {
      const command = quietly(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')) ?? ''
      const folder = quietly(() => readlinkSync(`/proc/${pid}/cwd`)) ?? ''
      const environment = quietly(() => readFileSync(`/proc/${pid}/environ`, 'utf8')) ?? ''
      return [command, folder, environment].some((about) => about.includes(text))
        ? [`process ${pid}: ${command} in ${folder}`]
        : []
    })
}

/** What is below a folder, by its path there. */
export function filesBelow(folder: string): string[] {
  return (quietly(() => readdirSync(folder, { recursive: true, encoding: 'utf8' })) ?? []).sort()
}

/** The events of the only run that wrote reports here; empty before there is one. */
export function recorded(reports: string): string {
  const [file] = filesBelow(reports).filter((name) => name.endsWith('events.jsonl') && !name.startsWith('latest'))
  return file === undefined ? '' : readFileSync(join(reports, file), 'utf8')
}

/** The only run that wrote reports here; undefined before there is one: until then it has made nothing. */
export function runIdIn(reports: string): string | undefined {
  return /"runId":"([^"]+)"/.exec(recorded(reports))?.[1]
}

/** Waits until nothing is left to be seen; returns what still is when the time, ms, is over. */
export async function untilNothing(look: () => Promise<string[]> | string[], withinMs: number): Promise<string[]> {
  const deadlineMs = performance.now() + withinMs
  for (;;) {
    const left = await look()
    if (left.length === 0 || performance.now() > deadlineMs) return left
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** A process or file may go while it is looked at. */
function quietly<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}
