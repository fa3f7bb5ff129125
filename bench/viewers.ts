import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import Table from 'cli-table3'
import { readEvents } from '../runner/record/event-log.ts'
import type { RunEvent } from '../runner/record/events.ts'
import { clusterFlags, leaseCluster } from '../test/support/lease.ts'
import { median } from './median.ts'
import { only } from './overhead.ts'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
/** Each with so many viewers, in turn: what the machine does beside it falls on all alike. */
const VIEWERS = [0, 1, 20]
/** Under load, so that there is much to show. */
const SCENARIO = 'planned-failover'
const ROUNDS = Number(process.env.VIEWER_ROUNDS ?? 3)

/** What one run took, and what its page cost. */
interface Figures {
  /** Between steps: all that the runner itself adds, ms. */
  betweenMs: number
  stepsMs: number
  /** Times in which the runner, or its load, stood still for half a second and more. */
  stalls: number
  /** Latency of the load: the median of the p99 of all bins, ms. */
  p99Ms: number
  /** Processor time of the program that serves the page, ms. */
  servingMs: number
  /** Messages that viewers got. */
  messages: number
}

/**
 * Plays a scenario under load with nobody looking, with one viewer of its live page and with twenty, and prints what the
 * run took, as ratios to nobody looking. `VIEWER_ROUNDS` (3) says how often.
 */
export async function benchViewers(): Promise<void> {
  const rounds = new Map<number, Figures[]>(VIEWERS.map((viewers) => [viewers, []]))
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const viewers of VIEWERS) {
      process.stderr.write(`round ${round} of ${ROUNDS}, ${viewers} viewers\n`)
      rounds.get(viewers)?.push(await playWatched(viewers))
    }
  }
  const table = new Table({
    head: [
      'median',
      ...VIEWERS.map((viewers) => `${viewers} viewers`),
      ...VIEWERS.slice(1).map((many) => `ratio ${many}`),
    ],
    style: { head: [], border: [] },
  })
  const row = (name: string, of: (figures: Figures) => number, compared: boolean) => {
    const values = VIEWERS.map((viewers) => median((rounds.get(viewers) ?? []).map(of)))
    const [alone = Number.NaN, ...watched] = values
    const ratios = compared ? watched.map((value) => (value / alone).toFixed(2)) : watched.map(() => '')
    table.push([name, ...values.map((value) => value.toFixed(1)), ...ratios])
  }
  row('between steps, ms', ({ betweenMs }) => betweenMs, true)
  row('all steps, ms', ({ stepsMs }) => stepsMs, true)
  row('p99 latency of the load, ms', ({ p99Ms }) => p99Ms, true)
  row('times that the runner or its load stood still', ({ stalls }) => stalls, false)
  row('processor time of the program that serves, ms', ({ servingMs }) => servingMs, false)
  row('messages to all viewers', ({ messages }) => messages, false)
  process.stdout.write(`${table.toString()}\n`)
}

async function playWatched(viewers: number): Promise<Figures> {
  const reports = mkdtempSync(path.join(tmpdir(), 'redis-chaos-bench-'))
  try {
    const flags = ['--platform', 'process', ...clusterFlags(await leaseCluster()), '--reports', reports]
    const run = started(['run', SCENARIO, ...flags])
    await told(run, 'stderr', 'cluster ready')
    const watched = viewers === 0 ? undefined : await watch(reports, viewers)
    await new Promise((resolve) => run.on('close', resolve))
    const cost = watched?.() ?? { servingMs: 0, messages: 0 }
    return { ...figures(readEvents(path.join(reports, 'latest', 'events.jsonl'))), ...cost }
  } finally {
    rmSync(reports, { recursive: true, force: true })
  }
}

function started(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['bin/redis-chaos.js', ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Resolves with what a program has written as soon as it matches; all of it is read, so that nothing waits. */
function told(program: ChildProcess, stream: 'stdout' | 'stderr', words: string | RegExp): Promise<string> {
  const isThere = (text: string) => (typeof words === 'string' ? text.includes(words) : words.test(text))
  return new Promise((resolve, reject) => {
    let text = ''
    program[stream]?.on('data', (piece: Buffer) => {
      text += piece.toString()
      if (isThere(text)) resolve(text)
    })
    program.on('close', () => reject(new Error(`the program ended before it said ${words}: ${text}`)))
  })
}

/** Opens the page that follows the run; what it returns ends that, and tells what it cost. */
async function watch(reports: string, viewers: number): Promise<() => Pick<Figures, 'servingMs' | 'messages'>> {
  const open = started(['open', '--no-browser', '--reports', reports])
  const url = (await told(open, 'stdout', /\n/)).trim()
  let messages = 0
  for (let viewer = 0; viewer < viewers; viewer += 1) {
    const asked = request(`${url}events`, { agent: false }, (response) => {
      response.on('data', (piece: Buffer) => {
        messages += piece.toString().split('data: ').length - 1
      })
      response.on('error', () => undefined)
    })
    asked.on('error', () => undefined)
    asked.end()
  }
  return () => {
    const servingMs = cpuTimeMs(open.pid ?? 0)
    open.kill('SIGINT')
    return { servingMs, messages }
  }
}

/** Of a program with all its threads, by the kernel's clock ticks of 10 ms (proc(5)); Linux only. */
function cpuTimeMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

function figures(events: RunEvent[]): Omit<Figures, 'servingMs' | 'messages'> {
  const ended = events.flatMap((event) => (event.type === 'step-ended' ? [event] : []))
  const insideMs = ended.reduce((sum, { durationMs }) => sum + durationMs, 0)
  const scenario = only(events, 'scenario-ended')
  const wholeMs = scenario.atMs - scenario.cleanupMs - only(events, 'cluster-ready').atMs
  const bins = events.flatMap((event) => (event.type === 'load-bins' ? event.series.p99 : []))
  return {
    betweenMs: wholeMs - insideMs,
    stepsMs: insideMs,
    stalls: events.filter(({ type }) => type === 'stall-seen').length,
    p99Ms: median(bins.filter((value) => value !== null)),
  }
}
