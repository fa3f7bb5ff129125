import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { isExpected } from '../../../runner/base/errors.ts'
import { auditScenario } from '../../../runner/checks/audit/audit-scenario.ts'
import { judgeScenario } from '../../../runner/checks/judge.ts'
import { Journal, readJournals } from '../../../runner/faults/journal.ts'
import { foundRuns } from '../../../runner/platforms/process/run-record.ts'
import { readBaseline } from '../../../runner/record/baseline.ts'
import { readEvents } from '../../../runner/record/event-log.ts'
import type { RunEvent } from '../../../runner/record/events.ts'
import { FN, NO_NODE, UNKNOWN, WORKLOAD_TYPES, type WorkloadType } from '../../../runner/record/history-codes.ts'
import { jsonLines } from '../../../runner/record/history-jsonl.ts'
import { readHistory } from '../../../runner/record/history-reader.ts'
import { HistoryWriter } from '../../../runner/record/history-writer.ts'
import { runFiles } from '../../../runner/record/run-files.ts'
import { appendTrends, readTrends } from '../../../runner/record/trends.ts'
import { trendsPage } from '../../../runner/report/html/trends-page.ts'
import { stdoutReporters } from '../../../runner/report/index.ts'
import { judgedText } from '../../../runner/report/judged-text.ts'
import { PLAIN } from '../../../runner/report/style.ts'
import { writeReports } from '../../../runner/report/write-reports.ts'
import { reduceRun } from '../../../runner/results/run-model.ts'
import { trendLines } from '../../../runner/results/trend-lines.ts'
import { auditedRun } from '../sample-audit.ts'
import { checkedRun } from '../sample-checks.ts'
import { brokenOffRun, interruptedRun, repeatedRun, threeScenarios } from '../sample-events.ts'
import { fillRunFolder, fullEvents } from '../sample-run-folder.ts'
import { brokenJson } from './broken-json.ts'
import { brokenLines } from './broken-text.ts'
import type { Dice } from './dice.ts'
import type { FuzzInput } from './fuzz.ts'

const LOGS = path.resolve('test', 'cluster', 'failover-logs')
const LIMITS = { error_rate: { at_most: '5%' }, p99: { at_most: '1s' }, longest_outage: { at_most: '5s' } }

/** Runs as they were stored, and a folder in which broken ones are looked at. */
export class BrokenRuns {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'redis-chaos-fuzz-'))
  readonly #runs: { name: string; lines: string[] }[]
  readonly #histories = new Map<WorkloadType, Buffer>()

  private constructor() {
    const own = { auditedRun, checkedRun, brokenOffRun, interruptedRun, threeScenarios }
    this.#runs = [
      ...Object.entries(own).map(([name, make]) => ({ name, events: make() })),
      { name: 'repeated', events: repeatedRun(3) },
      { name: 'passing', events: fullEvents('passing') },
      { name: 'failing', events: fullEvents('failing') },
    ].map(({ name, events }) => ({ name, lines: withHistory(events).map((event) => JSON.stringify(event)) }))
    for (const name of readdirSync(LOGS)) {
      const file = path.join(LOGS, name, 'events.jsonl')
      if (name.includes('redis-7') || name.includes('valkey-9'))
        this.#runs.push({ name, lines: readFileSync(file, 'utf8').trimEnd().split('\n') })
    }
  }

  static async make(): Promise<BrokenRuns> {
    const runs = new BrokenRuns()
    for (const type of WORKLOAD_TYPES) runs.#histories.set(type, await history(path.join(runs.folder, 'made'), type))
    return runs
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** A stored run with some of its files broken, and all that the commands make of it. */
  input(dice: Dice): FuzzInput {
    const { name, lines } = dice.one(this.#runs)
    const type = dice.one(WORKLOAD_TYPES)
    switch (dice.below(10)) {
      case 0:
        return {
          name: `${name}, history ${type}`,
          play: () => this.#play(lines.join('\n'), this.#brokenHistory(type, dice)),
        }
      case 1:
        return { name: `${name}, trends`, play: () => this.#playTrends(lines, dice) }
      case 2:
        return { name: 'baseline', play: () => this.#playBaseline(dice) }
      case 3:
        return { name: 'state', play: () => this.#playState(dice) }
      case 4:
      case 5:
        return {
          name: `${name}, lines`,
          play: () => this.#play(brokenLines(lines.join('\n'), dice), this.#history(type)),
        }
      default: {
        const broken = [...lines]
        for (let times = 1 + dice.below(2); times > 0; times -= 1) {
          const at = dice.below(lines.length)
          broken[at] = brokenJson(JSON.parse(lines[at] ?? ''), dice)
        }
        return { name: `${name}, events`, play: () => this.#play(broken.join('\n'), this.#history(type)) }
      }
    }
  }

  #history(type: WorkloadType): Buffer {
    return this.#histories.get(type) ?? Buffer.alloc(0)
  }

  #brokenHistory(type: WorkloadType, dice: Dice): Buffer {
    const bytes = Buffer.from(this.#history(type))
    for (let times = 1 + dice.below(8); times > 0; times -= 1)
      bytes[dice.below(bytes.length)] = dice.one([0, 1, 127, 128, 255, dice.below(256)])
    return dice.below(3) === 0 ? bytes.subarray(0, dice.below(bytes.length)) : bytes
  }

  /** As `report` with every reporter, `check`, and `check --export`. */
  #play(events: string, history: Buffer): string[] {
    const folder = this.#fresh()
    writeFileSync(path.join(folder, 'events.jsonl'), events)
    mkdirSync(path.join(folder, 'history'))
    writeFileSync(path.join(folder, 'history', 'checkout.history'), history)
    fillRunFolder(folder)
    const refusals: string[] = []
    const tried = <T>(work: () => T): T | undefined => {
      try {
        return work()
      } catch (error) {
        if (!isExpected(error)) throw error
        refusals.push(error.message)
        return undefined
      }
    }
    const read = tried(() => readEvents(path.join(folder, 'events.jsonl')))
    if (read === undefined) return refusals
    tried(() => {
      const run = writeReports(folder, read)
      for (const format of stdoutReporters.values()) format(run, undefined, runFiles(folder))
    })
    for (const { scenario } of read.filter((event) => event.type === 'scenario-started')) {
      const checks = tried(() => judgeScenario(read, scenario, folder)) ?? []
      tried(() => judgeScenario(read, scenario, folder, { checkout: LIMITS, failover: { time: { at_most: '12s' } } }))
      const audit = tried(() => auditScenario(read, scenario, folder, { pardons: {}, warnOnly: false }))
      judgedText('x', checks, audit, PLAIN)
    }
    tried(() => [...jsonLines(readHistory(path.join(folder, 'history', 'checkout.history')))])
    return refusals
  }

  #playTrends(lines: readonly string[], dice: Dice): string[] {
    const folder = this.#fresh()
    const events = lines.map((line) => JSON.parse(line) as RunEvent)
    appendTrends(folder, trendLines(reduceRun(events)))
    const file = path.join(folder, 'trends.jsonl')
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, dice.below(2) === 0 ? brokenLines(text, dice) : brokenEach(text, dice))
    trendsPage(readTrends(folder))
    return []
  }

  #playBaseline(dice: Dice): string[] {
    const file = path.join(this.#fresh(), 'baseline.json')
    const measure = {
      scenario: 'a',
      server: 'redis:7.0',
      platform: 'process',
      metric: 'failover',
      serverWords: 'redis',
      config: {},
      samples: [1, 2],
    }
    const whole = {
      format: 'redis-chaos baseline',
      version: 1,
      savedAt: '2026-11-22T13:40:05.000Z',
      runs: ['r'],
      measures: [measure],
    }
    const text = brokenJson(whole, dice)
    writeFileSync(file, dice.below(4) === 0 ? brokenLines(text, dice) : text)
    readBaseline(file)
    return []
  }

  /** What `heal`, `doctor` and conflicts read of runs that were left. */
  async #playState(dice: Dice): Promise<string[]> {
    const folder = this.#fresh()
    mkdirSync(path.join(folder, 'run'))
    const id = { pid: 999_999, startedAt: 'x' }
    const node = {
      name: 'redis-node0',
      serverName: 'redis-node0',
      index: 0,
      host: 'localhost',
      port: 7010,
      peerHost: '127.0.0.1',
      peerPort: 7010,
      machine: 'x',
    }
    const run = { runId: 'run', purpose: 'x', runner: id, claim: 'c', kept: true, nodes: [node], needs: {} }
    const processes = { supervisor: id, servers: { 'redis-node0': id } }
    writeFileSync(path.join(folder, 'run', 'run.json'), brokenJson(run, dice))
    writeFileSync(path.join(folder, 'run', 'processes.json'), brokenJson(processes, dice))
    new Journal(folder, { runId: 'run', platform: 'process' }).write([
      { id: 'f1', kind: 'cpu', spec: {}, memo: null, nodes: ['redis-node0'], sentence: 's' },
    ])
    const journal = path.join(folder, 'run.faults.json')
    writeFileSync(journal, brokenLines(readFileSync(journal, 'utf8'), dice))
    readJournals(folder)
    await foundRuns(folder)
    return []
  }

  #fresh(): string {
    const folder = path.join(this.folder, 'run')
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder)
    return folder
  }
}

/** Whether a refusal says which file, and where in it. */
export function placeInRun(refusal: string): boolean {
  return (
    /, line \d+: .*(at [^:]+: |expected )/.test(refusal) ||
    / holds no start of a (run|scenario)/.test(refusal) ||
    /version ([\d.e+]+|Infinity) of the (event log|history)/.test(refusal) ||
    /\.history is not a history of redis-chaos: /.test(refusal) ||
    /The history .* cannot be read: it /.test(refusal) ||
    /baseline(\.json)? .*(version|: |--save-baseline)/.test(refusal) ||
    /leads out of the folder of the run/.test(refusal) ||
    /the limit checks\.\S+ cannot be judged: /.test(refusal)
  )
}

function brokenEach(text: string, dice: Dice): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => (dice.below(2) === 0 ? brokenJson(JSON.parse(line), dice) : line))
    .join('\n')
}

/** The run with a workload's history, and limits that are judged by it. */
function withHistory(events: readonly RunEvent[]): RunEvent[] {
  return events.flatMap((event): RunEvent[] => {
    if (event.type !== 'scenario-started') return [event]
    const { scenario, atMs } = event
    const saved = {
      atMs,
      type: 'history-saved',
      scenario,
      workload: 'checkout',
      file: 'history/checkout.history',
    } as const
    return [{ ...event, checks: { checkout: LIMITS } }, saved]
  })
}

async function history(file: string, type: WorkloadType): Promise<Buffer> {
  const writer = new HistoryWriter({ file, workload: 'checkout', type, clients: 2, startWallMs: 0, options: {} })
  const node = writer.node('redis-node0')
  writer.phase('outage')
  const key = writer.key('k', 1)
  for (let row = 0; row < 60; row += 1) {
    const fn = row % 3 === 0 ? FN.read : FN.write
    const handle = writer.begin(fn, row % 2, key, row, UNKNOWN, row, row)
    if (row % 7 === 0) writer.attempt(handle, node, 'MOVED', false, row, row + 0.2)
    if (row % 11 === 0) writer.indeterminate(handle, 'timeout', NO_NODE, row + 0.5)
    else
      writer.ok(
        handle,
        fn === FN.read && row % 2 === 0 ? writer.list([1, 2]) : writer.value(row % 5 === 0 ? 'text' : '3'),
        node,
        row + 0.5,
      )
  }
  await writer.close()
  return readFileSync(file)
}
