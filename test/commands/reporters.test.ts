import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { parseFlags } from '../../runner/commands/flags.ts'
import { chosenReporters, printReports, reporterFlag } from '../../runner/commands/reporters.ts'
import { writeReports } from '../../runner/report/write-reports.ts'
import type { RunReport } from '../../runner/results/report-model.ts'
import { failingRun } from '../support/sample-events.ts'

/** The report of a run that failed, in a folder of its own. */
function failed(t: Test): RunReport {
  const events = failingRun()
  const folder = t.testdir({ 'events.jsonl': events.map((event) => `${JSON.stringify(event)}\n`).join('') })
  return { ...writeReports(folder, events), folder }
}

/** Prints a run with a module of this text, and with `console` after it. */
async function printWith(
  t: Test,
  text: string,
  { limitMs, name = 'mine.mjs' }: { limitMs?: number; name?: string } = {},
) {
  const run = failed(t)
  const file = path.join(run.folder, name)
  writeFileSync(file, text)
  const reporters = await chosenReporters(parseFlags(['--reporter', `${file}, console`], reporterFlag, 'run'))
  const printed: string[] = []
  const out = {
    print: (line: string) => void printed.push(line),
    progress: () => undefined,
    failures: () => [],
    color: false,
  }
  const failures = await printReports(run, reporters, out, limitMs === undefined ? {} : { limitMs })
  return { run, file, printed, failures }
}

t.test(
  'a module is given the report, the style of stdout and the files of the run, and its text is printed',
  async (t) => {
    const { printed, failures } = await printWith(
      t,
      `export default async (report, style, files) => {
      const events = files.text('events.jsonl').trim().split('\\n').map((line) => JSON.parse(line).type)
      return [report.verdict, report.scenarios[0].id, typeof style.color, events.length, files.text('../x')].join(' ') + '\\n\\n'
    }`,
    )
    t.strictSame(failures, [])
    t.equal(printed[0], `failed failover-basic boolean ${failingRun().length}`)
    t.match(printed[1], /✖ FAILED/)
  },
)

t.test('a module may make a file, and be written in TypeScript', async (t) => {
  const { run, printed, failures } = await printWith(
    t,
    `import { writeFileSync } from 'node:fs'
    import { join } from 'node:path'
    export default (report: { folder: string; exitCode: number }): string => {
      writeFileSync(join(report.folder, 'own.txt'), String(report.exitCode))
      return ''
    }`,
    { name: 'mine.ts' },
  )
  t.strictSame(failures, [])
  t.equal(readFileSync(path.join(run.folder, 'own.txt'), 'utf8'), '1')
  t.equal(printed.length, 2)
})

t.test('what a module does wrong is told, and hides nothing of the others', async (t) => {
  const cases: [text: string, says: RegExp][] = [
    ['export default () => { throw new Error("no ink") }', /failed: no ink$/],
    ['export default async () => { throw "no paper" }', /failed: no paper$/],
    ['export default () => undefined', /failed: it gave undefined, and no text$/],
    ['export default () => ({ text: "x" })', /failed: it gave object, and no text$/],
    ['export default () => new Promise(() => {})', /failed: it gave nothing within 50 ms$/],
  ]
  for (const [place, [text, says]] of cases.entries()) {
    // A module is loaded once: each has a name of its own.
    const { file, printed, failures } = await printWith(t, text, { limitMs: 50, name: `mine-${place}.mjs` })
    t.match(failures, [says], text)
    t.match(failures[0], `The reporter ${file} `)
    t.equal(printed.length, 1)
    t.match(printed[0], /✖ FAILED/, 'the verdict is told all the same')
  }
})

t.test('a module that changes the report changes its own copy', async (t) => {
  const { run, printed } = await printWith(
    t,
    `export default (report) => {
      report.verdict = 'passed'
      report.exitCode = 0
      for (const scenario of report.scenarios) scenario.verdict = 'passed'
      report.scenarios.length = 0
      return 'all is well'
    }`,
  )
  t.equal(printed[0], 'all is well')
  t.match(printed[1], /✖ FAILED {2}1 scenario: 1 failed/)
  t.match(run, { verdict: 'failed', exitCode: 1, scenarios: [{ verdict: 'failed' }] })
})

t.test('what is no module, or exports nothing of use, is refused', async (t) => {
  const folder = t.testdir({
    ...{ 'plain.mjs': 'export const format = () => "x"', 'text.mjs': 'export default "x"', 'empty.mjs': '' },
    ...{ 'throws.mjs': 'throw new Error("no ink")', 'syntax.mjs': 'export default (', folder: {} },
    ...{ 'import.mjs': 'import "./nowhere.mjs"', 'hangs.mjs': 'await new Promise(() => {}); export default () => ""' },
  })
  const cases: [name: string, says: RegExp][] = [
    ['none.mjs', /there is no reporter module .*none\.mjs$/],
    ['plain.mjs', /plain\.mjs has no function as its default export: \(report, style, files\) => text$/],
    ['text.mjs', /text\.mjs has no function as its default export/],
    ['empty.mjs', /empty\.mjs has no function as its default export/],
    ['throws.mjs', /throws\.mjs cannot be loaded: no ink$/],
    ['syntax.mjs', /syntax\.mjs cannot be loaded: /],
    ['import.mjs', /import\.mjs cannot be loaded: .*nowhere\.mjs/],
    ['hangs.mjs', /hangs\.mjs cannot be loaded: it gave nothing within 50 ms$/],
    ['folder', /folder cannot be loaded: /],
  ]
  for (const [name, says] of cases) {
    const line = parseFlags(['--reporter', `console,${path.join(folder, name)}`], reporterFlag, 'run')
    const limitMs = name === 'hangs.mjs' ? 50 : 30_000
    await t.rejects(chosenReporters(line, 'reporter', limitMs), { name: 'UsageError', message: says }, name)
  }
  for (const name of ['', 'consol', 'console,,json']) {
    const line = parseFlags([`--reporter=${name}`], reporterFlag, 'run')
    await t.rejects(chosenReporters(line), { name: 'UsageError', message: /there is no reporter/ }, name)
  }
})
