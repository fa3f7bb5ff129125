import { readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { isAlive, ownProcessId } from './process-id.ts'

/** Which process made a run, in a form that another process can look for. */
export interface RunnerIdentity {
  pid: number
  startedAt: string
  /** Where the pid counts: two containers that share an engine do not see each other's processes. */
  place: string
}

/** This process. */
export function thisRunner(): RunnerIdentity {
  return { ...ownProcessId(), place: thisPlace() }
}

/** Whether that process is there: `elsewhere` when it cannot be seen from here, and so must be taken to live. */
export function lookForRunner(runner: RunnerIdentity): 'alive' | 'gone' | 'elsewhere' {
  if (runner.place !== thisPlace()) return 'elsewhere'
  return isAlive(runner) ? 'alive' : 'gone'
}

/** As a label; undefined if it is none. */
export function parseRunner(text: string | undefined): RunnerIdentity | undefined {
  try {
    const value = JSON.parse(text ?? '') as Partial<RunnerIdentity> | null
    return typeof value?.pid === 'number' && typeof value.startedAt === 'string' && typeof value.place === 'string'
      ? { pid: value.pid, startedAt: value.startedAt, place: value.place }
      : undefined
  } catch {
    return undefined
  }
}

/** The machine's name, and on Linux the namespace that process ids count in. */
function thisPlace(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return hostname()
  }
}
