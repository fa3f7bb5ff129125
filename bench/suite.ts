import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import Table from 'cli-table3'
import { readEvents } from '../runner/record/event-log.ts'
import type { RunEvent } from '../runner/record/events.ts'
import { median } from './median.ts'
import { watchProcessCpu } from './process-cpu.ts'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
/** Servers of a cluster that is taken for typical: 3 masters with a replica each. */
const TYPICAL = 6

interface Figures {
  seconds: number
  played: number
  unexpected: number
  /** Setups of clusters of 6 servers, ms. */
  fresh: number[]
  kept: number[]
  /**
   * Processor time of the runner for each second that a scenario was played, percent: its start and its reports aside.
   * With the thread of the load, and without it. Undefined where the system does not tell.
   */
  runnerCpu: { all: number; main: number } | undefined
}

/**
 * Plays a suite on processes one after another and side by side, in one go, and prints how long each took, how long
 * clusters took to be made, or emptied and formed again, and the runner's own processor time. The tag is that of SUITE (default `nightly`), the contenders
 * are those of LANES (default `serial,2,4,auto`; the first is what the others are compared with).
 */
export async function benchSuite(): Promise<void> {
  const tag = process.env.SUITE ?? 'nightly'
  const contenders = (process.env.LANES ?? 'serial,2,4,auto').split(',')
  const rows: [string, Figures][] = []
  for (const lanes of contenders) {
    process.stderr.write(`${tag}, ${lanes}\n`)
    rows.push([lanes, await playSuite(tag, lanes)])
  }
  const first = rows[0]?.[1].seconds ?? Number.NaN
  const table = new Table({
    head: [
      tag,
      'seconds',
      'times as fast',
      'played',
      'not passed',
      'new 3×2, ms',
      'kept 3×2, ms',
      'runner per scenario',
    ],
    style: { head: [], border: [] },
  })
  for (const [lanes, { seconds, played, unexpected, fresh, kept, runnerCpu }] of rows) {
    table.push([
      lanes === 'serial' ? 'one after another' : `--parallel ${lanes}`,
      seconds.toFixed(0),
      (first / seconds).toFixed(2),
      played,
      unexpected,
      shown(fresh),
      shown(kept),
      runnerCpu === undefined ? '-' : `${runnerCpu.all.toFixed(1)} % (${runnerCpu.main.toFixed(1)} % without load)`,
    ])
  }
  process.stdout.write(`${table.toString()}\n`)
}

function shown(timesMs: readonly number[]): string {
  return timesMs.length === 0 ? '-' : `${median(timesMs).toFixed(0)} (${timesMs.length})`
}

async function playSuite(tag: string, lanes: string): Promise<Figures> {
  const reports = mkdtempSync(path.join(tmpdir(), 'rc-bench-'))
  try {
    const parallel = lanes === 'serial' ? [] : ['--parallel', lanes]
    const args = ['run', '--tag', tag, '--platform', 'process', '--reports', reports, '--quiet', ...parallel]
    const startMs = performance.now()
    const child = spawn(process.execPath, ['bin/redis-chaos.js', ...args], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const cpu = watchProcessCpu(child.pid ?? 0)
    await new Promise<void>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', () => resolve())
    }).finally(() => cpu.end())
    const seconds = (performance.now() - startMs) / 1000
    const events = readEvents(path.join(reports, 'latest', 'events.jsonl'))
    return { seconds, ...figuresOf(events), runnerCpu: runnerCpuOf(events, cpu.between) }
  } finally {
    rmSync(reports, { recursive: true, force: true })
  }
}

/** From the first step of the run until its last scenario has ended, over the time of all plays together. */
function runnerCpuOf(
  events: readonly RunEvent[],
  between: ReturnType<typeof watchProcessCpu>['between'],
): Figures['runnerCpu'] {
  const start = events.find((event) => event.type === 'run-started')
  const first = events.find((event) => event.type === 'step-started')
  const ends = events.filter((event) => event.type === 'scenario-ended')
  const last = ends.at(-1)
  if (start === undefined || first === undefined || last === undefined) return undefined
  const beganMs = Date.parse(start.startedAt) - start.atMs
  const used = between(beganMs + first.atMs, beganMs + last.atMs)
  const begins = new Map(
    events.flatMap((event) => (event.type === 'scenario-started' ? [[event.scenario, event.atMs] as const] : [])),
  )
  const playedMs = ends.reduce((sum, { scenario, atMs }) => {
    const fromMs = Math.max(begins.get(scenario) ?? atMs, first.atMs)
    return sum + Math.max(atMs - fromMs, 0)
  }, 0)
  if (used === undefined || playedMs === 0) return undefined
  return { all: (100 * used.allMs) / playedMs, main: (100 * used.mainMs) / playedMs }
}

function figuresOf(events: readonly RunEvent[]): Omit<Figures, 'seconds' | 'runnerCpu'> {
  const ends = events.filter((event) => event.type === 'scenario-ended').filter(({ verdict }) => verdict !== 'skipped')
  const kept = new Set(
    events.flatMap((event) =>
      event.type === 'progress' && event.text === 'the servers of the last play are empty and as new'
        ? [event.scenario]
        : [],
    ),
  )
  const typical = events
    .filter((event) => event.type === 'cluster-ready')
    .filter(({ cluster }) => cluster.nodes.length === TYPICAL && cluster.shards === TYPICAL / 2)
  const timesOf = (isKept: boolean) =>
    typical.filter(({ scenario }) => kept.has(scenario) === isKept).map(({ setupMs }) => setupMs)
  return {
    played: ends.length,
    unexpected: ends.filter(({ verdict }) => verdict !== 'passed').length,
    fresh: timesOf(false),
    kept: timesOf(true),
  }
}
