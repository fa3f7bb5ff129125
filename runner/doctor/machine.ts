import { spawn } from 'node:child_process'
import { access, constants, readFile, statfs } from 'node:fs/promises'
import { freemem, release, totalmem } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { type ChildOptions, runProgram } from '../platforms/child.ts'
import { pathExists } from '../platforms/files.ts'
import { findPrograms } from '../platforms/find-programs.ts'
import { portHolder } from '../platforms/port-holder.ts'

/** What a check-up asks this machine. Tests give one of their own. */
export interface Machine {
  readonly os: NodeJS.Platform
  /** The kernel's release, as `uname -r` has it. */
  readonly kernel: string
  readonly root: boolean
  /** `20.20.2`. */
  readonly nodeVersion: string
  /**
   * The paths of all programs of this name on the PATH, the one that is run first. Several paths of one file are one.
   */
  findAll(program: string): Promise<string[]>
  /** The path of a program on the PATH, or in one of the other folders; undefined if it is in none. */
  find(program: string, otherFolders?: readonly string[]): Promise<string | undefined>
  /** As `runProgram`. */
  run(program: string, args: readonly string[], options: ChildOptions): Promise<string>
  /** The file's text; undefined if it cannot be read. */
  readText(file: string): Promise<string | undefined>
  /** Room at the folder, or at the nearest folder above it where it does not exist yet. */
  room(folder: string): Promise<Room>
  memory(): Memory
  portHolder(port: number): Promise<string | undefined>
  /** The monotonic clock. */
  nowMs(): number
  wallMs(): number
  sleep(durationMs: number): Promise<void>
  /** Starts a process, stops it with SIGSTOP, and kills it: whether it was seen stopped. */
  freezeProcess(signal: AbortSignal): Promise<boolean>
}

export interface Room {
  freeBytes: number
  writable: boolean
}

interface Memory {
  totalBytes: number
  availableBytes: number
  /** Of the control group that this runs in. */
  limitBytes?: number
}

export function thisMachine(): Machine {
  return {
    os: process.platform,
    kernel: release(),
    root: process.getuid?.() === 0,
    nodeVersion: process.versions.node,
    findAll: (program) => findPrograms(program),
    find: async (program, otherFolders) => (await findPrograms(program, otherFolders)).at(0),
    run: runProgram,
    readText: (file) => readFile(file, 'utf8').catch(() => undefined),
    room: roomAt,
    memory,
    portHolder,
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
    sleep: (durationMs) => new Promise((resolve) => setTimeout(resolve, durationMs)),
    freezeProcess,
  }
}

async function roomAt(folder: string): Promise<Room> {
  let there = resolve(folder)
  while (!(await pathExists(there)) && dirname(there) !== there) there = dirname(there)
  const [space, writable] = await Promise.all([
    statfs(there),
    access(there, constants.W_OK).then(
      () => true,
      () => false,
    ),
  ])
  return { freeBytes: space.bavail * space.bsize, writable }
}

function memory(): Memory {
  const totalBytes = totalmem()
  const limitBytes = process.constrainedMemory()
  // No limit is 0 or undefined, or a number beyond any memory, by the version of Node and of the control groups.
  const limited = limitBytes !== undefined && limitBytes > 0 && limitBytes < totalBytes
  return { totalBytes, availableBytes: freemem(), ...(limited ? { limitBytes } : {}) }
}

const LOOK_EVERY_MS = 5
const STOPPED_WITHIN_MS = 2_000

async function freezeProcess(signal: AbortSignal): Promise<boolean> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
    stdio: 'ignore',
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => resolve())
  })
  try {
    child.kill('SIGSTOP')
    const deadlineMs = performance.now() + STOPPED_WITHIN_MS
    while (performance.now() < deadlineMs && !signal.aborted) {
      const state = await readFile(join('/proc', String(child.pid), 'stat'), 'utf8').catch(() => '')
      if (/\) T /.test(state)) return true
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    }
    return false
  } finally {
    child.kill('SIGKILL')
    await ended
  }
}
