import Table from 'cli-table3'
import { Evidence } from '../runner/checks/evidence.ts'
import { checksFor, judgeWorkload } from '../runner/checks/index.ts'
import { searchFairly } from '../runner/checks/linearizable/fair-search.ts'
import { judgeLinearizability } from '../runner/checks/linearizable/judge.ts'
import type { History } from '../runner/record/history.ts'
import type { RunFacts } from '../runner/results/run-facts.ts'
import { etcdHistory, expectedVerdicts, keyValueProblems, noOracles } from '../test/support/oracles.ts'
import { median } from './median.ts'
import { registerHistory } from './register-history.ts'

const ROUNDS = 5
const CLIENTS = 64
const NO_FACTS: RunFacts = { durationMs: 0, phases: [], steps: [], faults: [], shards: [], failovers: [] }

/** What one round took. */
interface Round {
  wallMs: number
  /** The processor's own time, which says what a check costs on a machine that does other things meanwhile. */
  cpuMs: number
}

/**
 * Judges linearizability of large histories and of those of the oracles, several times, and prints the medians; beside
 * them what all checks of a register take together, and the memory of the process when it was highest.
 */
export async function benchChecks(): Promise<void> {
  const table = new Table({
    head: ['', 'wall ms', 'CPU ms', 'limit ms', 'memory MB', 'limit MB'],
    style: { head: [], border: [] },
  })
  const row = (name: string, rounds: readonly Round[], limits: { ms?: number; mb?: number }) => {
    const memory = Math.round(process.resourceUsage().maxRSS / 1000)
    const of = (part: keyof Round) => median(rounds.map((round) => round[part])).toFixed(0)
    table.push([name, of('wallMs'), of('cpuMs'), limits.ms ?? '', memory, limits.mb ?? ''])
    process.stderr.write(`${name}: done\n`)
  }
  if (noOracles !== false) process.stderr.write(`${noOracles}\n`)
  else row('linearizable: all histories of the oracles', rounds(ROUNDS, judgeOracles), { ms: 1500 })
  row('linearizable: 1,000,000 operations, 1,000 keys', registerRounds(ROUNDS, 1_000_000, 1000), { ms: 1000 })
  row('linearizable: 1,000,000 operations, 1 key', registerRounds(ROUNDS, 1_000_000, 1), { ms: 1000 })
  row('every check of registers: 1,000,000 operations, 1,000 keys', everyCheck(ROUNDS, 1_000_000, 1000), {})
  row('linearizable: 10,000,000 operations, 1,000 keys', registerRounds(3, 10_000_000, 1000), { ms: 12_000, mb: 1500 })
  process.stdout.write(`${table.toString()}\n`)
}

function rounds(count: number, work: () => void): Round[] {
  return Array.from({ length: count }, () => {
    const before = process.cpuUsage()
    const startMs = performance.now()
    work()
    const { user, system } = process.cpuUsage(before)
    return { wallMs: performance.now() - startMs, cpuMs: (user + system) / 1000 }
  })
}

function judgeOracles(): void {
  for (const file of Object.keys(expectedVerdicts())) {
    if (file.startsWith('kv/')) searchFairly(keyValueProblems(file), Number.POSITIVE_INFINITY)
    else judgeLinearizability(new Evidence(etcdHistory(file), NO_FACTS))
  }
}

function registerRounds(count: number, operations: number, keys: number): Round[] {
  const history = registerHistory(operations, keys, CLIENTS)
  return rounds(count, () => {
    const { violations } = judgeLinearizability(new Evidence(history, NO_FACTS))
    if (violations.length > 0) throw new Error(`a linearizable history was found not to be: ${violations[0]?.why}`)
  })
}

function everyCheck(count: number, operations: number, keys: number): Round[] {
  const history: History = registerHistory(operations, keys, CLIENTS)
  const limits: Record<string, unknown> = { throughput: '1/s', error_rate: '1%', linearizable: true }
  for (const { name, limits: accepts } of checksFor('register')) {
    limits[name] ??= [0, '1h'].find((limit) => accepts.safeParse(limit).success)
  }
  return rounds(count, () => judgeWorkload({ on: 'bench', limits, history, facts: NO_FACTS }))
}
