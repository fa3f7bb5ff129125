import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import Table from 'cli-table3'
import { readEvents } from '../runner/record/event-log.ts'
import type { EventOf, RunEvent } from '../runner/record/events.ts'
import { clusterFlags, leaseCluster } from '../test/support/lease.ts'
import { median } from './median.ts'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const ROUNDS = 3

/** What one run of failover-basic took, in ms. */
interface Figures {
  setup: number
  between: number
  data: number
  noticing: number
  reporting: number
  cleanup: number
  startUp: number
}

/**
 * Plays failover-basic several times and prints what the runner itself adds to it: the time between steps, its own
 * writing and reading of keys, how late it notices a promotion, and the making of reports. Beside it, what is not
 * counted: setup, cleanup, and the start of the process.
 */
export async function benchOverhead(): Promise<void> {
  const rounds: Figures[] = []
  for (let round = 1; round <= ROUNDS; round += 1) {
    process.stderr.write(`round ${round} of ${ROUNDS}\n`)
    rounds.push(await playOnce())
  }
  const table = new Table({
    head: ['ms', ...rounds.map((_, i) => `round ${i + 1}`), 'median'],
    style: { head: [], border: [] },
  })
  const row = (name: string, of: (figures: Figures) => number) =>
    table.push([name, ...rounds.map((figures) => of(figures).toFixed(1)), median(rounds.map(of)).toFixed(1)])
  const added = ({ between, data, noticing, reporting }: Figures) => between + data + noticing + reporting
  row('between steps', ({ between }) => between)
  row('writing and verifying keys', ({ data }) => data)
  row("a promotion noticed after the server's log line", ({ noticing }) => noticing)
  row('making the reports', ({ reporting }) => reporting)
  row('ADDED BY THE RUNNER (limit 300)', added)
  row('not counted: six containers from nothing to healthy (limit 5000)', ({ setup }) => setup)
  row('not counted: removing them', ({ cleanup }) => cleanup)
  row('not counted: start of the process', ({ startUp }) => startUp)
  process.stdout.write(`${table.toString()}\n`)
}

function playOnce(): Promise<Figures> {
  const startMs = Date.now()
  return withFailoverBasic([], (folder, endMs) =>
    figures(readEvents(path.join(folder, 'events.jsonl')), folder, { startMs, endMs }),
  )
}

/** Plays failover-basic with these flags, and resolves with what it recorded. */
export function eventsOfFailoverBasic(flags: readonly string[]): Promise<RunEvent[]> {
  return withFailoverBasic(flags, (folder) => readEvents(path.join(folder, 'events.jsonl')))
}

/** `read` is given the folder of the run, and the wall clock at the end of the process, ms. */
async function withFailoverBasic<T>(flags: readonly string[], read: (folder: string, endMs: number) => T): Promise<T> {
  const reports = mkdtempSync(path.join(tmpdir(), 'redis-chaos-bench-'))
  try {
    const endMs = await playFailoverBasic(reports, flags)
    return read(path.join(reports, 'latest'), endMs)
  } finally {
    rmSync(reports, { recursive: true, force: true })
  }
}

/** Resolves with the wall clock at the end of the process, ms. */
async function playFailoverBasic(reports: string, chosen: readonly string[]): Promise<number> {
  const flags = [...clusterFlags(await leaseCluster()), '--reporter', 'json', ...chosen]
  return new Promise((resolve, reject) => {
    const args = ['bin/redis-chaos.js', 'run', 'failover-basic', ...flags, '--reports', reports]
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
    child.on('error', reject)
    child.on('close', (code) =>
      code === 0 ? resolve(Date.now()) : reject(new Error(`failover-basic ended with exit code ${code}`)),
    )
  })
}

function figures(events: RunEvent[], folder: string, wall: { startMs: number; endMs: number }): Figures {
  const started = only(events, 'run-started')
  const ready = only(events, 'cluster-ready')
  const scenario = only(events, 'scenario-ended')
  const ended = only(events, 'run-ended')
  const wallAt = ({ atMs }: RunEvent) => Date.parse(started.startedAt) + atMs - started.atMs
  return {
    setup: ready.setupMs,
    between: betweenSteps(events, ready, scenario),
    data: dataSteps(events),
    noticing: wallAt(promotionSeen(events)) - promotionLogged(folder),
    reporting: wall.endMs - wallAt(ended),
    cleanup: scenario.cleanupMs,
    startUp: wallAt(started) - wall.startMs,
  }
}

/** The event of this type. Throws Error if there is none. */
export function only<T extends RunEvent['type']>(events: RunEvent[], type: T): EventOf<T> {
  const found = events.find((event): event is EventOf<T> => event.type === type)
  if (!found) throw new Error(`the run recorded no ${type}`)
  return found
}

/** From the moment the cluster is ready to the beginning of the cleanup, all that is not inside a step. */
function betweenSteps(events: RunEvent[], ready: RunEvent, scenario: EventOf<'scenario-ended'>): number {
  const inside = events.reduce((sum, event) => (event.type === 'step-ended' ? sum + event.durationMs : sum), 0)
  return scenario.atMs - scenario.cleanupMs - ready.atMs - inside
}

function dataSteps(events: RunEvent[]): number {
  return events.reduce(
    (sum, event) =>
      event.type === 'step-ended' && (event.step.verb === 'write' || event.step.verb === 'verify')
        ? sum + event.durationMs
        : sum,
    0,
  )
}

function promotionSeen(events: RunEvent[]): RunEvent {
  const seen = events.find(
    (event) => event.type === 'step-progress' && event.text.startsWith('redis-node1 is a master'),
  )
  if (!seen) throw new Error('the run saw no promotion')
  return seen
}

/** When the server itself says that it won, by its own log, ms since the epoch. */
function promotionLogged(folder: string): number {
  const log = readFileSync(path.join(folder, 'nodes', 'redis-node1.log'), 'utf8')
  const time = /^(\S+) .*Failover election won/m.exec(log)?.[1]
  if (time === undefined) throw new Error('the log of redis-node1 has no election')
  return Date.parse(time)
}
