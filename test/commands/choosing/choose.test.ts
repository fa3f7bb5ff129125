import t from 'tap'
import { choiceFlags, choiceOf } from '../../../runner/commands/choosing/choice-flags.ts'
import { assertTags, chosenAmong } from '../../../runner/commands/choosing/choose.ts'
import { parseFlags } from '../../../runner/commands/flags.ts'
import type { RunReport, ScenarioReport } from '../../../runner/results/report-model.ts'

const choose = (...args: string[]) => choiceOf(parseFlags(args, choiceFlags, 'run'))

const scenarios = [
  { id: 'failover-basic', title: 'A stopped master is replaced', tags: ['failover', 'nightly'], file: 'a.yaml' },
  { id: 'partition-halves', title: 'A Cluster cut in two', tags: ['partition'], file: 'b.yaml' },
  { id: 'stall', title: 'A server that stands still', tags: [], file: 'c.yaml' },
]

const lastRun = (verdicts: Record<string, ScenarioReport['verdict']>) => () => {
  const played = Object.entries(verdicts).map(([id, verdict]) => ({ id, verdict }) as ScenarioReport)
  return { folder: 'reports/last', scenarios: played } satisfies Pick<RunReport, 'folder' | 'scenarios'>
}

const chosen = (args: string[], last = lastRun({}), said: string[] = []) =>
  chosenAmong(scenarios, choose(...args), last, (text) => said.push(text)).map(({ id }) => id)

t.test('by name or title, tag, and what came of them', async (t) => {
  t.strictSame(chosen([]), ['failover-basic', 'partition-halves', 'stall'])
  t.strictSame(chosen(['--grep', 'cut in']), ['partition-halves'], 'a part of the title')
  t.strictSame(chosen(['--grep', 'a cluster|^stall$']), ['partition-halves', 'stall'], 'small letters stand for both')
})

t.test('each of them leaves out more', async (t) => {
  t.strictSame(chosen(['--not-tag', 'failover', '--not-tag', 'partition']), ['stall'])
  t.strictSame(chosen(['--grep', 'A s', '--not-tag', 'failover']), ['stall'])
  const last = lastRun({
    stall: 'failed',
    'failover-basic': 'inconclusive',
    'partition-halves': 'skipped',
    other: 'error',
  })
  t.strictSame(chosen(['--last-failed'], last), ['failover-basic', 'stall'], 'in the order of the scenarios')
  t.strictSame(chosen(['--last-failed', '--grep', 'stall'], last), ['stall'])
})

t.test('a choice that leaves nothing is told', async (t) => {
  const cases: [string[], RegExp][] = [
    [['--grep', 'failovr'], /^--grep failovr is in no name or title of 3 scenarios; did you mean failover\?$/],
    [['--not-tag', 'nightly', '--grep', 'failover'], /^--not-tag nightly leaves none of 1 scenario$/],
  ]
  for (const [args, message] of cases) t.throws(() => chosen(args), { name: 'UsageError', message }, args.join(' '))
  t.throws(() => assertTags(['nigtly'], scenarios), /no scenario has the tag nigtly; did you mean nightly\?/)
  t.throws(() => assertTags(['x'], scenarios), /there are the tags failover, nightly, partition/)
})

t.test('where nothing failed last time, nothing is played, and that is told', async (t) => {
  const cases: [string[], Record<string, ScenarioReport['verdict']>, RegExp][] = [
    [['--last-failed'], { stall: 'passed', other: 'skipped' }, /in the last run every scenario that was played passed/],
    [['--last-failed'], { stall: 'skipped' }, /the last run played nothing, every scenario was skipped/],
    [
      ['--last-failed', '--grep', 'halves'],
      { stall: 'failed' },
      /of 1 scenario none failed in the last run, in which stall did not pass/,
    ],
  ]
  for (const [args, verdicts, message] of cases) {
    const said: string[] = []
    t.strictSame(chosen(args, lastRun(verdicts), said), [])
    t.match(said, [message])
    t.match(said, [/ \(reports\/last\), so nothing is played$/])
  }
})

t.test('values that mean nothing are refused, with what was meant', async (t) => {
  const cases: [string[], RegExp][] = [
    [['--grep', ''], /--grep takes a part of a name/],
    [['--grep', 'a('], /--grep takes a text or a regular expression, not `a\(`: a `\(` is not closed/],
    [['--max-time', '10'], /--max-time takes a duration.*not `10`; did you mean 10m\?/],
    [['--max-time', '90 secs'], /did you mean 90s\?/],
    [['--max-time', '1.5 hours'], /did you mean 1\.5h\?/],
    [['--max-time', '0s'], /not `0s`$/],
    [['--max-time', 'soon'], /not `soon`$/],
    [['--max-time', '10m', '--shuffle'], /does not go with --shuffle/],
  ]
  for (const [args, message] of cases) t.throws(() => choose(...args), { name: 'UsageError', message }, args.join(' '))
  t.match(choose('--max-time', '1.5m'), { maxTimeMs: 90_000 })
})
