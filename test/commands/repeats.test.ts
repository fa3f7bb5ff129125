import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { SurroundingsError } from '../../runner/base/surroundings.ts'
import { parseFlags } from '../../runner/commands/flags.ts'
import { concluder, judgingFlags, judgingOf } from '../../runner/commands/judging.ts'
import { Interrupted } from '../../runner/engine/interrupt.ts'
import type { Play } from '../../runner/engine/play.ts'
import type { RunEvent } from '../../runner/record/events.ts'
import { consoleReport } from '../../runner/report/console.ts'
import { githubReport } from '../../runner/report/github.ts'
import { junitReport } from '../../runner/report/junit.ts'
import { tapReport } from '../../runner/report/tap.ts'
import { writeReports } from '../../runner/report/write-reports.ts'
import type { RunReport } from '../../runner/results/report-model.ts'
import { reduceRun } from '../../runner/results/run-model.ts'
import type { Scenario } from '../../runner/scenario/model.ts'
import { StepFailure, StepInconclusive } from '../../runner/steps/verb.ts'
import { type FakeRun, fakeRun } from '../support/fake-run.ts'

/** What each repeat of a scenario comes to, in order: passed, failed, inconclusive, an environment that failed, a bug, or Ctrl-C. */
type Course = readonly ('ok' | 'fail' | 'unsure' | 'broken' | 'bug' | 'stop')[]

interface Played {
  exitCode: number
  report: RunReport
  events: RunEvent[]
}

/**
 * Plays scenarios `a`, `b`, … as often as their courses are long, and judges the run as `run` with these flags does.
 */
async function playRepeats(t: Test, courses: readonly Course[], flags: readonly string[]): Promise<Played> {
  const counts = new Map<string, number>()
  const acts = Object.fromEntries(
    courses.map((course, place) => {
      const name = `act${place}`
      return [
        name,
        () => {
          const count = counts.get(name) ?? 0
          counts.set(name, count + 1)
          return playAct(run, course[count])
        },
      ]
    }),
  )
  const run: FakeRun = fakeRun(t, acts)
  const scenarios = courses.map(
    (_, place): Scenario => ({ ...run.scenario([`act${place}`]), id: String.fromCharCode(97 + place) }),
  )
  const times = courses[0]?.length ?? 0
  const judging = judgingOf(parseFlags(['--repeat', String(times), ...flags], judgingFlags, 'run'))
  const rounds = Array.from({ length: times }, (_, round) => ({ number: round + 1, of: times }))
  const plays = rounds.flatMap((repeat) =>
    scenarios.map((scenario): Play => ({ scenario, platform: run.platform, repeat })),
  )
  const conclude = concluder(
    judging,
    () => reduceRun(run.events),
    (event) => run.events.push({ atMs: run.events.at(-1)?.atMs ?? 0, ...event }),
  )
  const { exitCode } = await run.play(plays, { conclude })
  return { exitCode, report: reduceRun(run.events), events: run.events }
}

function playAct(run: FakeRun, what: Course[number] | undefined): undefined {
  if (what === 'fail') throw new StepFailure({ message: 'expected five' })
  if (what === 'unsure') throw new StepInconclusive({ message: 'nobody saw it' })
  if (what === 'broken') throw new SurroundingsError('no engine')
  if (what === 'bug') throw new TypeError('undefined is not a function')
  if (what === 'stop') run.controller.abort(new Interrupted('SIGINT'))
}

t.test('the exit code of repeats: worst wins, and a scenario counts as most of its repeats', async (t) => {
  const flaky: Course = ['ok', 'fail', 'ok']
  const cases: { courses: Course[]; strict: number; plain: number; why: string }[] = [
    { courses: [['ok', 'ok', 'ok']], strict: 0, plain: 0, why: 'all agree' },
    { courses: [flaky], strict: 4, plain: 1, why: 'most passed' },
    { courses: [['ok', 'unsure', 'ok']], strict: 3, plain: 3, why: 'most passed, one told nothing' },
    { courses: [['ok', 'broken', 'ok']], strict: 3, plain: 3, why: 'most passed, and once the environment failed' },
    {
      courses: [['ok', 'fail', 'ok', 'broken']],
      strict: 3,
      plain: 1,
      why: 'that the environment failed outweighs flaky',
    },
    { courses: [['broken', 'fail', 'broken']], strict: 1, plain: 1, why: 'all that came to a verdict failed' },
    { courses: [['fail', 'ok', 'fail']], strict: 1, plain: 1, why: 'most failed' },
    { courses: [['ok', 'fail']], strict: 1, plain: 1, why: 'of equally many, the worse' },
    { courses: [['unsure', 'ok', 'unsure']], strict: 3, plain: 3, why: 'most told nothing' },
    { courses: [['fail', 'fail', 'fail']], strict: 1, plain: 1, why: 'all failed: not flaky' },
    { courses: [flaky, ['unsure', 'unsure', 'unsure']], strict: 3, plain: 1, why: 'no verdict outweighs flaky' },
    { courses: [flaky, ['fail', 'fail', 'fail']], strict: 1, plain: 1, why: 'a failure outweighs flaky' },
    { courses: [['ok', 'bug', 'ok']], strict: 70, plain: 70, why: 'a bug of the runner outweighs all' },
    { courses: [['ok', 'fail', 'stop']], strict: 130, plain: 130, why: 'Ctrl-C is no disagreement' },
  ]
  for (const { courses, strict, plain, why } of cases) {
    t.equal((await playRepeats(t, courses, ['--fail-on-flaky'])).exitCode, strict, `${why}, --fail-on-flaky`)
    t.equal((await playRepeats(t, courses, [])).exitCode, plain, why)
  }
})

t.test('what disagrees is told: which repeats, how often, and in every format', async (t) => {
  const { report } = await playRepeats(
    t,
    [
      ['ok', 'fail', 'ok', 'ok'],
      ['ok', 'ok', 'ok', 'ok'],
    ],
    ['--fail-on-flaky'],
  )
  t.match(report.repeats, [
    { scenario: 'a', flaky: true, verdict: 'passed', plays: [0, 2, 4, 6], minority: [2] },
    { scenario: 'b', flaky: false, verdict: 'passed', minority: [] },
  ])
  t.equal(report.exitCode, 4)
  const told = consoleReport(report)
  t.match(told, /✖ FLAKY {2}2 scenarios played 8 times: 7 passed, 1 failed/, 'the last words')
  t.match(told, /4 times: 3 passed, 1 failed: flaky/)
  t.match(told, /otherwise +repeat 2 failed/)
  t.match(githubReport(report), /^::error title=a on redis%3A7\.0.*its repeats disagree/m)
  t.match(tapReport(report), /^not ok 9 - a on redis:7\.0/m)
  t.match(junitReport(report), /its repeats disagree, 4 times: 3 passed, 1 failed: flaky/)
})

t.test('what came to no verdict disagrees with nothing', async (t) => {
  for (const [course, exitCode, told] of [
    [['ok', 'ok', 'broken', 'ok'], 3, /4 times: 3 passed, 1 error/],
    [['ok', 'unsure', 'ok'], 3, /3 times: 2 passed, 1 inconclusive/],
    [['ok', 'stop'], 130, /2 times: 1 passed, 1 interrupted/],
  ] as const) {
    const { report } = await playRepeats(t, [course], ['--fail-on-flaky'])
    t.equal(report.exitCode, exitCode)
    t.match(report.repeats, [{ flaky: false, minority: [] }])
    for (const text of [consoleReport(report), junitReport(report), githubReport(report), tapReport(report)])
      t.notMatch(text, /: flaky|FLAKY|repeats disagree/)
    t.match(consoleReport(report), told)
    t.match(consoleReport(report), /no engine|nobody saw it|interrupted/i)
  }
})

t.test('no verdict of one scenario, flaky another: the last words are those of the exit code', async (t) => {
  const courses: Course[] = [
    ['ok', 'fail', 'ok'],
    ['unsure', 'unsure', 'unsure'],
  ]
  const { report } = await playRepeats(t, courses, ['--fail-on-flaky'])
  t.equal(report.exitCode, 3)
  t.match(consoleReport(report), /\? INCONCLUSIVE {2}2 scenarios played 6 times/)
  t.notMatch(consoleReport(report), /✖ FAILED {2}2 scenarios/)
})

t.test('those that say otherwise keep all that they left, in places of their own', async (t) => {
  const { report, events } = await playRepeats(t, [['ok', 'fail', 'ok']], ['--fail-on-flaky'])
  const { folder } = report
  writeReports(folder, events)
  t.same(
    report.scenarios.map(({ logs }) => logs.map(({ file }) => file)),
    [1, 2, 3].map((number) => [`nodes/${number}-a/redis-node0.log`]),
  )
  for (const { logs } of report.scenarios) for (const { file } of logs) t.ok(existsSync(path.join(folder, file)), file)
  const index = readFileSync(path.join(folder, 'report.html'), 'utf8')
  const pages = [...index.matchAll(/href="([^"#]+\.html)"/g)].map(([, page = '']) => page)
  t.ok(new Set(pages).size >= 3, `a page for each repeat: ${pages.join(', ')}`)
  for (const page of new Set(pages)) t.ok(existsSync(path.join(folder, page)), page)
  t.match(index, /flaky/)
})

t.test('--fail-on-flaky without repeats is refused', async (t) => {
  const parse = (args: string[]) => judgingOf(parseFlags(args, judgingFlags, 'run'))
  t.throws(() => parse(['--fail-on-flaky']), { name: 'UsageError', message: /needs --repeat N with N above 1/ })
  t.throws(() => parse(['--fail-on-flaky', '--repeat', '1']), { name: 'UsageError' })
  for (const text of ['0', '1001', '-1', '2.5', 'many'])
    t.throws(() => parse([`--repeat=${text}`]), { name: 'UsageError', message: /--repeat takes a whole number/ })
})
