import { spawnSync } from 'node:child_process'

export interface Spent {
  wallMs: number
  /** Processor time of the program and all that it waited for. */
  cpuMs: number
}

/**
 * Runs a program to its end and says what that took; bash tells the processor time, which Node does not. Throws if it
 * fails.
 */
export function timed(command: string, args: readonly string[], cwd: string = process.cwd()): Spent {
  const script = 'TIMEFORMAT="%R %U %S"; time "$@" >/dev/null 2>/dev/null'
  const { stderr, status } = spawnSync('bash', ['-c', script, 'timed', command, ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with exit code ${status}: ${stderr}`)
  const [wall = Number.NaN, user = Number.NaN, system = Number.NaN] = stderr.trim().split(' ').map(Number)
  return { wallMs: wall * 1000, cpuMs: (user + system) * 1000 }
}
