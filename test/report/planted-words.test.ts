import t from 'tap'
import { Parser } from 'tap-parser'
import { forOutput } from '../../runner/base/text.ts'
import { problemOfEvent } from '../../runner/record/event-shape.ts'
import type { RunEvent } from '../../runner/record/events.ts'
import { trendsPage } from '../../runner/report/html/trends-page.ts'
import { fileReports, stdoutReporters } from '../../runner/report/index.ts'
import { liveReporter } from '../../runner/report/live.ts'
import { reduceRun } from '../../runner/results/run-model.ts'
import { trendLines } from '../../runner/results/trend-lines.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { auditedRun } from '../support/sample-audit.ts'
import { checkedRun } from '../support/sample-checks.ts'
import { failingRun, repeatedRun, threeScenarios } from '../support/sample-events.ts'
import { fullEvents } from '../support/sample-run-folder.ts'

/** What steers terminals, hides text, begins commands of a CI, and ends what HTML, XML, Markdown and TAP mark. */
const EVIL =
  '\u001b[2K\u0007\u009b2J\u202e\u2066\u0000\u0085\u200f\n::add-mask::m\n##[group]g\r</script><b>]]>`|* # SKIP x\nok 9 - y\nBail out! z\n  ...\n'
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/

const RUNS: Readonly<Record<string, readonly RunEvent[]>> = {
  full: fullEvents('failing'),
  checked: checkedRun(),
  audited: auditedRun(),
  three: threeScenarios(),
  failing: failingRun(),
  repeated: repeatedRun(3),
}

/** The event with those words at the end of each of its texts that an event may have. */
function planted(event: RunEvent): RunEvent {
  const spoil = (value: unknown): unknown => {
    if (typeof value === 'string') return value + EVIL
    if (Array.isArray(value)) return value.map(spoil)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, key === 'type' ? inner : spoil(inner)]))
  }
  return kept(event, spoil(event), (whole) => problemOfEvent(whole) === undefined) as RunEvent
}

/** Puts back, one by one, the words of a format that nothing else may stand in the place of. */
function kept(before: unknown, after: unknown, isWhole: (value: unknown) => boolean): unknown {
  if (isWhole(after)) return after
  const spoiled = structuredClone(after)
  for (let problem = problemOfEvent(spoiled); problem !== undefined; problem = problemOfEvent(spoiled)) {
    const path = /^at ([^:]+): /.exec(problem)?.[1]?.split('.') ?? []
    const last = path.pop() ?? ''
    const inside = (value: unknown) => path.reduce((inner, step) => (inner as Record<string, unknown>)[step], value)
    ;(inside(spoiled) as Record<string, unknown>)[last] = (inside(before) as Record<string, unknown>)[last]
  }
  return spoiled
}

t.test('no report that is written or printed holds what steers a terminal', async (t) => {
  for (const [name, events] of Object.entries(RUNS)) {
    const run = reduceRun(events.map(planted), 'x')
    for (const [file, format] of fileReports) t.notMatch(format(run), STEERING, `${name}: ${file}`)
    for (const [reporter, format] of stdoutReporters) {
      const printed = forOutput(format(run), { commands: reporter === 'github' || reporter === 'html' })
      t.notMatch(printed, STEERING, `${name}: ${reporter}`)
      t.notMatch(printed, /##(vso)?\[/, `${name}: ${reporter} holds no command of Azure DevOps`)
      if (reporter !== 'html') t.notMatch(printed, /^\s*::add-mask/m, `${name}: ${reporter} holds no command of GitHub`)
    }
    t.notMatch(trendsPage(trendLines(run)), STEERING, `${name}: trends`)
  }
})

t.test('what is printed as JSON is the run as it is', async (t) => {
  const run = reduceRun(fullEvents('failing').map(planted), 'x')
  const printed = forOutput(stdoutReporters.get('json')?.(run) ?? '')
  t.equal(JSON.parse(printed).name, run.name)
})

t.test('nothing ends the script of a page, nor makes an element of its own', async (t) => {
  const run = reduceRun(fullEvents('failing').map(planted), 'x')
  const page = fileReports.get('report.html')?.(run) ?? ''
  t.equal(page.match(/<\/script>/g)?.length, 3)
  t.notMatch(page, /<b>/)
})

t.test('TAP holds the points of the run and no others', async (t) => {
  for (const [name, events] of Object.entries(RUNS)) {
    const points = (of: readonly RunEvent[]) => {
      const { count = 0, bailout = false } = Parser.parse(fileReports.get('results.tap')?.(reduceRun(of, 'x')) ?? '')
        .flatMap((entry) => (Array.isArray(entry) && entry[0] === 'complete' ? [entry[1]] : []))
        .at(-1) as { count?: number; bailout?: unknown }
      return { count, bailout: bailout !== false }
    }
    t.strictSame(points(events.map(planted)), points(events), name)
  }
})

t.test('the live view, on a terminal and elsewhere', async (t) => {
  for (const isTTY of [true, false]) {
    let written = ''
    const write = (text: string) => {
      written += text
      return true
    }
    const stream = { isTTY, columns: 100, rows: 40, write }
    const live = liveReporter({ stream, env: { NO_COLOR: '1' }, clock: new FakeClock() })
    for (const event of RUNS.full?.map(planted) ?? []) live.onEvent(event)
    live.close()
    // The view's own: to erase lines, and to hide the cursor.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    const theirs = written.replace(/\u001b\[(\d*[AKJG]|\?25[hl])|\r/g, '')
    t.notMatch(theirs, STEERING, isTTY ? 'terminal' : 'log')
    t.notMatch(theirs, /^\s*::add-mask/m)
  }
})
