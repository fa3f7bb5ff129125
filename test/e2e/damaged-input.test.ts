import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import type { RunEvent } from '../../runner/record/events.ts'
import { FN, NO_NODE, UNKNOWN } from '../../runner/record/history-codes.ts'
import { HistoryWriter } from '../../runner/record/history-writer.ts'
import { reportsFolder, runCli } from '../support/cli.ts'
import { checkedRun } from '../support/sample-checks.ts'

const HISTORY = path.join('history', 'checkout.history')

/** The record of a run with a workload, whose check can be judged again. */
async function judgedRun(folder: string): Promise<RunEvent[]> {
  mkdirSync(path.join(folder, 'history'), { recursive: true })
  const start = { workload: 'checkout', type: 'register', clients: 1, startWallMs: 0, options: {} } as const
  const history = new HistoryWriter({ file: path.join(folder, HISTORY), ...start })
  const key = history.key('k', 1)
  for (let row = 0; row < 300; row += 1)
    history.ok(history.begin(FN.write, 0, key, row, UNKNOWN, row, row), UNKNOWN, NO_NODE, row + 0.5)
  await history.close()
  const saved: RunEvent = { atMs: 2600, type: 'history-saved', scenario: 0, workload: 'checkout', file: HISTORY }
  const events = checkedRun()
  const judged = events.findIndex(({ type }) => type === 'check-judged')
  return [...events.slice(0, judged), saved, ...events.slice(judged)].map((event) =>
    event.type === 'scenario-started' ? { ...event, checks: { checkout: { error_rate: { at_most: '5%' } } } } : event,
  )
}

type Command = 'report' | 'check'

/** What is done to a run's folder, and what each command then says of it. */
interface Damage {
  name: string
  /** The lines of events.jsonl, changed. */
  lines?: (lines: string[]) => string | Buffer
  folder?: (folder: string) => void
  report: [code: number, says: RegExp]
  check: [code: number, says: RegExp]
}

const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('')
const NO_START = /holds no start of a (run|scenario): there is nothing to .*play it again with npm run scenario NAME/
const NO_LINE = /events\.jsonl, line 3: expected an event as one JSON object, found: .*take this line out/
const LACKS = /events\.jsonl, line 3: at index: expected a number, found nothing; .*take this line out/
const NO_RUN = /there is no run .*: a run is a folder with events \(events\.jsonl\)/

const DAMAGES: readonly Damage[] = [
  { name: 'whole', report: [0, /./], check: [0, /error_rate/] },
  { name: 'empty', lines: () => '', report: [3, NO_START], check: [3, NO_START] },
  { name: 'without its start', lines: (lines) => text(lines.slice(2)), report: [3, NO_START], check: [3, NO_START] },
  {
    name: 'cut off in its last line',
    lines: (lines) => text(lines).slice(0, -20),
    report: [0, /INTERRUPTED/],
    check: [0, /error_rate/],
  },
  {
    name: 'a line damaged in the middle',
    lines: (lines) => text(lines.with(2, (lines[2] ?? '').slice(0, 30))),
    report: [3, NO_LINE],
    check: [3, NO_LINE],
  },
  {
    name: 'a line that lacks what its type needs',
    lines: (lines) => text(lines.with(2, '{"atMs":1,"type":"step-ended","scenario":0}')),
    report: [3, LACKS],
    check: [3, LACKS],
  },
  {
    name: 'a last line that is whole and no event',
    lines: (lines) => text(lines.with(-1, '{"atMs":1,"type":"run-ended","verdict":"great"}')),
    report: [3, /line \d+: at verdict: expected one of passed, .*, found "great"/],
    check: [3, /line \d+: at verdict: expected one of passed, .*, found "great"/],
  },
  {
    name: 'no text',
    lines: () => Buffer.from([0, 255, 10, 1, 10]),
    report: [3, /line 1: expected an event/],
    check: [3, /line 1: expected an event/],
  },
  {
    name: 'of a later version',
    lines: (lines) => text(lines.with(0, '{"atMs":0,"type":"run-started","version":99}')),
    report: [3, /version 99 .*use a newer runner/],
    check: [3, /version 99 .*use a newer runner/],
  },
  {
    name: 'no events',
    folder: (folder) => rmSync(path.join(folder, 'events.jsonl')),
    report: [2, NO_RUN],
    check: [2, NO_RUN],
  },
  {
    name: 'no history',
    folder: (folder) => rmSync(path.join(folder, HISTORY)),
    report: [3, /checkout\.history is missing: its checks cannot be judged again/],
    check: [3, /checkout\.history cannot be read.*\n.*cannot be judged again.*report\.json/],
  },
  {
    name: 'an empty history',
    folder: (folder) => writeFileSync(path.join(folder, HISTORY), ''),
    report: [0, /FAILED/],
    check: [3, /checkout\.history is not a history of redis-chaos: .*\n.*cannot be judged again/],
  },
  {
    name: 'a damaged history',
    folder: (folder) => {
      const file = path.join(folder, HISTORY)
      writeFileSync(
        file,
        readFileSync(file).map((byte, place) => (place % 7 === 6 && place > 8 ? byte ^ 0x55 : byte)),
      )
    },
    report: [0, /FAILED/],
    check: [3, /checkout\.history is .*\n.*cannot be judged again/],
  },
]

/** Runs the command line, and sees that it says what is wrong in plain words. */
async function says(t: Test, args: readonly string[], [code, words]: readonly [number, RegExp]): Promise<void> {
  const result = await runCli(t, args)
  const all = result.stdout + result.stderr
  t.equal(result.code, code, `${args.join(' ')}: ${all}`)
  t.match(all, words)
  t.notMatch(result.stderr, /\n\s+at |A bug of redis-chaos/, 'no stack trace')
}

t.jobs = 2

for (const { name, lines, folder: damage, ...expected } of DAMAGES) {
  t.test(`a run: ${name}`, async (t) => {
    const folder = path.join(reportsFolder(t), 'run')
    const events = (await judgedRun(folder)).map((event) => JSON.stringify(event))
    writeFileSync(path.join(folder, 'events.jsonl'), lines === undefined ? text(events) : lines(events))
    damage?.(folder)
    for (const command of ['report', 'check'] satisfies Command[]) await says(t, [command, folder], expected[command])
  })
}

const LINE = JSON.stringify({
  startedAt: '2026-11-22T13:40:05.000Z',
  id: 'a',
  verdict: 'passed',
  server: 'redis 7.0.15',
  platform: 'process',
  ...{ seed: 42, durationMs: 1, setupMs: 1, trueAfterMs: {} },
})

t.test('trends: empty, cut off, damaged, or no file', async (t) => {
  const cases: [content: string | undefined, expected: [number, RegExp]][] = [
    ['', [2, /trends\.jsonl holds no run yet: npm run scenario NAME adds a line/]],
    [`${LINE}\n${LINE.slice(0, 40)}`, [0, /trends\.html/]],
    [`${LINE.slice(0, 40)}\n${LINE}\n`, [0, /trends\.html/]],
    [`${LINE}\nwhat\n${LINE}\n`, [2, /line 2: expected a scenario that was played, found: what; take this line out/]],
    [`${LINE.replace('2026', 'once')}\n`, [2, /line 1: expected a scenario that was played/]],
    [undefined, [2, /trends\.jsonl cannot be read: it is a folder and no file/]],
  ]
  for (const [content, expected] of cases) {
    const reports = reportsFolder(t)
    const file = path.join(reports, 'trends.jsonl')
    if (content === undefined) mkdirSync(file)
    else writeFileSync(file, content)
    await says(t, ['report', '--trends', '--reports', reports], expected)
  }
})

t.test('a baseline that is none: exit 2 before anything is played', async (t) => {
  const folder = reportsFolder(t)
  const head = { format: 'redis-chaos baseline', version: 1, savedAt: '', runs: [], measures: [] }
  const cases: [content: string, words: RegExp][] = [
    ['', /is no baseline: it is not JSON; --save-baseline FILE makes one/],
    ['{"format":', /is no baseline: it is not JSON/],
    ['[]', /is no baseline: --save-baseline FILE makes one/],
    [
      JSON.stringify({ ...head, version: 3 }),
      /version 3, and this runner reads versions? [12].*: make it anew with --save-base/,
    ],
    [
      JSON.stringify({ ...head, measures: [{}] }),
      /is a damaged baseline: measures\.0\..*make it anew with --save-base/,
    ],
  ]
  for (const [content, words] of cases) {
    const file = path.join(folder, 'baseline.json')
    writeFileSync(file, content)
    const reports = path.join(folder, 'reports')
    await says(t, ['run', 'failover-basic', '--baseline', file, '--reports', reports], [2, words])
    t.throws(() => readFileSync(reports), { code: 'ENOENT' })
  }
  const args = ['run', 'failover-basic', '--save-baseline', folder]
  await says(t, args, [2, /--save-baseline takes the name of a file, and .* is a folder/])
})
