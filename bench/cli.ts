import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import Table from 'cli-table3'
import { type Spent, timed } from '../test/support/cpu-time.ts'
import { median } from './median.ts'

const ROUNDS = 10
const PROGRAM = path.resolve(import.meta.dirname, '../bin/redis-chaos.js')
/** A tick of /proc/PID/stat: sysconf(_SC_CLK_TCK) is 100 on every Linux. */
const TICK_MS = 10

/** What is measured, and its limit: processor time or wall time, in all or above that of Node itself, ms. */
interface Row {
  name: string
  measure(): Spent | Promise<Spent>
  limit?: { of: keyof Spent; aboveBare: boolean; ms: number }
}

const ROWS: readonly Row[] = [
  { name: 'node -e 0', measure: () => timed(process.execPath, ['-e', '0']) },
  {
    name: '--help',
    measure: () => timed(process.execPath, [PROGRAM, '--help']),
    limit: { of: 'cpuMs', aboveBare: true, ms: 150 },
  },
  { name: 'run --help', measure: () => timed(process.execPath, [PROGRAM, 'run', '--help']) },
  { name: 'first line of run', measure: firstLineOfRun, limit: { of: 'wallMs', aboveBare: true, ms: 350 } },
  {
    name: 'validate, the whole library',
    measure: () => timed(process.execPath, [PROGRAM, 'validate']),
    limit: { of: 'cpuMs', aboveBare: false, ms: 800 },
  },
]

/**
 * Prints what the command costs before it does anything: medians, each beside what Node itself costs, measured in turn.
 */
export async function benchCli(): Promise<void> {
  // What was not built yet must not be measured.
  timed(process.execPath, [PROGRAM, '--help'])
  const seen = ROWS.map((): Spent[] => [])
  for (let round = 1; round <= ROUNDS; round += 1) {
    process.stderr.write(`round ${round} of ${ROUNDS}\n`)
    for (const [place, { measure }] of ROWS.entries()) seen[place]?.push(await measure())
  }
  const medians = seen.map((all) => ({ wallMs: medianOf(all, 'wallMs'), cpuMs: medianOf(all, 'cpuMs') }))
  const bare = medians[0] ?? { wallMs: Number.NaN, cpuMs: Number.NaN }
  const table = new Table({
    head: ['median of 10, ms', 'wall', 'CPU', 'wall above node', 'CPU above node', 'limit'],
    style: { head: [], border: [] },
  })
  for (const [place, { name, limit }] of ROWS.entries()) {
    const { wallMs, cpuMs } = medians[place] ?? bare
    const figures = [wallMs, cpuMs, wallMs - bare.wallMs, cpuMs - bare.cpuMs].map((ms) => ms.toFixed(0))
    table.push([name, ...figures, limit === undefined ? '' : describe(limit)])
  }
  process.stdout.write(`${table.toString()}\n`)
}

function medianOf(all: readonly Spent[], of: keyof Spent): number {
  return median(all.map((one) => one[of]))
}

function describe({ of, aboveBare, ms }: NonNullable<Row['limit']>): string {
  return `${of === 'cpuMs' ? 'CPU' : 'wall'} ${ms}${aboveBare ? ' above node' : ''}`
}

/** Starts a run on processes, and ends it when it has said something; the supervisor ends what it may have started. */
function firstLineOfRun(): Promise<Spent> {
  const reports = mkdtempSync(path.join(tmpdir(), 'redis-chaos-bench-'))
  const where = ['--platform', 'process', '--port-base', '7980', '--name-prefix', 'bench-cli-', '--reports', reports]
  const startMs = performance.now()
  const child = spawn(process.execPath, [PROGRAM, 'run', 'failover-basic', ...where], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return new Promise((resolve, reject) => {
    let spent: Spent | undefined
    const onText = () => {
      spent ??= { wallMs: performance.now() - startMs, cpuMs: cpuOf(child.pid ?? 0) }
      child.kill('SIGKILL')
    }
    child.stdout.on('data', onText)
    child.stderr.on('data', onText)
    child.on('error', reject)
    child.on('close', () => {
      rmSync(reports, { recursive: true, force: true })
      if (spent) resolve(spent)
      else reject(new Error('the run ended without a word'))
    })
  })
}

/** Processor time of a process that is there, ms (proc(5): 14 utime, 15 stime). */
function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}
