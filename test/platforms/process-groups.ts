import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import type { ServerGroupSpec } from '../../runner/platforms/platform.ts'
import { ProcessPlatform } from '../../runner/platforms/process/process-platform.ts'
import type { Processes } from '../../runner/platforms/process/protocol.ts'
import { lookAt } from '../../runner/platforms/process-id.ts'
import { replicaUser } from '../../runner/platforms/users.ts'
import { password } from '../support/group-spec.ts'

/** What tests of process groups share: groups in a state folder of their own, and what is seen of them from outside. */

export const projectRoot = new URL('../..', import.meta.url).pathname

interface Teardown {
  teardown(work: () => void): void
}

/** Ends with the test. */
export function newStateFolder(t: Teardown): string {
  const folder = mkdtempSync(join(tmpdir(), 'redis-chaos-processes-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function platformIn(stateFolder: string, server = 'redis:7.0'): ProcessPlatform {
  return new ProcessPlatform({ server, projectRoot, stateFolder })
}

/** Asks a server that may still be loading; ioredis itself tries again until the deadline. */
export async function ask(port: number, ...command: [string, ...string[]]): Promise<unknown> {
  return await askAs({ username: 'default', password }, port, ...command)
}

/** As `ask`, logged in as somebody. */
export async function askAs(
  { username, password }: { username: string; password: string },
  port: number,
  ...command: [string, ...string[]]
): Promise<unknown> {
  const client = new Redis({
    port,
    host: 'localhost',
    username,
    password,
    maxRetriesPerRequest: null,
    retryStrategy: (tries) => (tries < 400 ? 50 : null),
    // The user of replicas may not ask INFO, which is told as a warning at each try.
    enableReadyCheck: username !== replicaUser('').username,
  })
  client.on('error', () => undefined)
  try {
    return await client.call(...command)
  } finally {
    client.disconnect()
  }
}

/** Whether any byte comes back from the port within this time. */
export function answers(port: number, withinMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write('PING\r\n'))
    const done = (answer: boolean) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(answer)
    }
    const timer = setTimeout(() => done(false), withinMs)
    socket.once('data', () => done(true))
    socket.once('error', () => done(false))
  })
}

export function processesOf(stateFolder: string, runId: string): Processes {
  return JSON.parse(readFileSync(join(stateFolder, runId, 'processes.json'), 'utf8')) as Processes
}

/** The pids of a run's supervisor, servers and links that are alive. */
export function alive(processes: Processes): number[] {
  const links = processes.links ? [processes.links] : []
  return [processes.supervisor, ...Object.values(processes.servers), ...links]
    .map(({ pid }) => pid)
    .filter((pid) => lookAt(pid) !== undefined)
}

/** Resolves when nothing of the run is left, neither process nor folder; rejects after `withinMs`. */
export async function waitUntilGone(stateFolder: string, processes: Processes, withinMs: number): Promise<void> {
  const deadlineMs = performance.now() + withinMs
  for (;;) {
    const [left, folders] = [alive(processes), await readdir(stateFolder)]
    if (left.length === 0 && folders.length === 0) return
    if (performance.now() > deadlineMs) {
      throw new Error(`left after ${withinMs} ms: processes ${left.join(', ')}; folders ${folders.join(', ')}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Resolves when the supervisor that was killed has ended; rejects after 10 s. */
export async function untilSupervisorEnded({ supervisor }: Processes): Promise<void> {
  const deadlineMs = performance.now() + 10_000
  while (lookAt(supervisor.pid) !== undefined) {
    if (performance.now() > deadlineMs)
      throw new Error(`the supervisor ${supervisor.pid} is there 10 s after it was killed`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Resolves when there is no folder of a run; rejects after `withinMs`. */
export async function untilEmpty(stateFolder: string, withinMs: number): Promise<void> {
  await waitUntilGone(stateFolder, { supervisor: { pid: 0, startedAt: '' }, servers: {} }, withinMs)
}

/** A runner in a process of its own, which begins to make a group. */
export function spawnRunner(stateFolder: string, wanted: ServerGroupSpec) {
  const program = fileURLToPath(new URL('process-runner.ts', import.meta.url))
  return spawn(process.execPath, ['--import', 'tsx', program, JSON.stringify({ stateFolder, wanted })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

/** The same, when it has made the group and only waits. */
export async function startRunner(stateFolder: string, wanted: ServerGroupSpec): Promise<ChildProcess> {
  const child = spawnRunner(stateFolder, wanted)
  const said = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([line]) => String(line)),
    once(child, 'exit').then(() => 'it ended'),
  ])
  if (said !== 'created') throw new Error(`the runner made no group: ${said}`)
  return child
}
