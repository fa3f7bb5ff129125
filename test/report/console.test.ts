import { stripVTControlCharacters } from 'node:util'
import t from 'tap'
import { displayWidth, truncate, wrap } from '../../runner/base/text.ts'
import type { Comparison } from '../../runner/record/comparison.ts'
import type { RunEvent } from '../../runner/record/events.ts'
import { consoleReport } from '../../runner/report/console.ts'
import { githubReport } from '../../runner/report/github.ts'
import { verdictSection } from '../../runner/report/html/sections/verdict.ts'
import { judgedText } from '../../runner/report/judged-text.ts'
import { junitReport } from '../../runner/report/junit.ts'
import { markdownReport } from '../../runner/report/markdown.ts'
import { problemsOfScenario } from '../../runner/report/problems.ts'
import { outputStyle } from '../../runner/report/style.ts'
import { reduceRun } from '../../runner/results/run-model.ts'
import { auditedRun } from '../support/sample-audit.ts'
import { checkedRun } from '../support/sample-checks.ts'
import { failingRun, interruptedRun, passingRun, SAMPLES, step, Tape } from '../support/sample-events.ts'

const ESCAPE = '\u001b'

t.test('a twin that failed elsewhere is told once, without advice for its scenario', async (t) => {
  const reason = 'it had to fail at the check lost_writes of orders, and failed elsewhere: step 4 failed: '
  const twin = { of: 'basic', number: 1, because: 'Nobody', fails: { check: 'lost_writes', of: 'orders' } } as const
  const events = failingRun().map((event) => {
    if (event.type === 'scenario-started') return { ...event, twin }
    return event.type === 'scenario-ended' ? { ...event, reason: `${reason}${event.reason?.slice(15)}` } : event
  })
  const [scenario] = reduceRun(events, 'reports/x').scenarios
  const problems = scenario === undefined ? [] : problemsOfScenario(scenario)
  t.equal(problems.length, 1)
  t.match(problems[0], { title: /step 4/, reason: /^it had to fail at the check .*but it stayed a replica\.$/ })
  t.equal(problems[0]?.hint, undefined)
})

t.test('nothing but paths and commands is wider than the terminal', async (t) => {
  const samples = { ...SAMPLES, checked: checkedRun, audited: auditedRun, foreign: foreignRun }
  for (const [name, events] of Object.entries(samples)) {
    for (const width of [40, 60, 80, 120]) {
      for (const detail of ['normal', 'verbose'] as const) {
        const lines = consoleReport(reduceRun(events()), { color: true, width, detail }).split('\n')
        const toPaste = /^(report|run again|allowed| {2}at) /
        const wide = lines.filter((line) => displayWidth(line) > width && !toPaste.test(stripVTControlCharacters(line)))
        t.strictSame(wide, [], `${name} at ${width}, ${detail}`)
      }
    }
  }
})

/** Names in characters that are two columns wide. */
function foreignRun(): RunEvent[] {
  const name = '主节点停止后副本会接管'.repeat(6)
  const tape = new Tape().runStarted('x').scenarioStarted(0, 'x', name, [step('1', 'stop', name, 3)])
  tape.played(step('1', 'stop', name, 3), 5, { note: name })
  return tape.played(step('2', 'stop', name, 4), 5, { verdict: 'failed', error: { message: name } }).events
}

t.test('the steps are told again only when asked for, and quiet begins with what went wrong', async (t) => {
  const width = 100
  const run = reduceRun(failingRun())
  const [normal, verbose, quiet] = (['normal', 'verbose', 'quiet'] as const).map((detail) =>
    consoleReport(run, { color: false, width, detail }),
  )
  t.notMatch(normal, 'stop redis-node0')
  t.match(verbose, /3 +✔ passed +stop redis-node0/)
  t.match(quiet, /^✖ FAILED {2}failover-basic, step 4: redis-node1 is master\n/)
  t.match(quiet, /run again {2}npm run scenario failover-basic -- --seed 42\n$/)
  const passed = consoleReport(reduceRun(passingRun()), { color: false, width, detail: 'quiet' })
  t.match(passed, /^✔ PASSED .*\n\nreport .*\nrun again .*\n$/)
})

t.test('that a night could not be judged is told to the quiet, too', async (t) => {
  const summary = 'Nothing to compare with yet: this is the first night.'
  const night = (comparisons: Comparison[]) => {
    const tape = new Tape().runStarted('nightly', 0)
    const nights = { before: 0, summary, flaky: [] }
    tape.add({ type: 'baseline-compared', file: 'baseline.json', savedAt: '', comparisons, nights })
    const run = reduceRun(tape.runEnded('passed', 0).events)
    return consoleReport(run, { color: false, width: 100, detail: 'quiet' })
  }
  t.ok(night([]).startsWith(`${summary}\n\n`))
  const key = { scenario: 'a', server: 'redis:7.0', platform: 'process', metric: 'failover' as const }
  t.notMatch(night([{ ...key, verdict: 'same', samples: [1], baseline: [1], sentence: 'a is as before.' }]), summary)
})

t.test('the cause comes first, then what was expected and seen, then what to do, in every report', async (t) => {
  const asked = step('1', 'expect', 'redis-node1 is master', 3)
  const error = {
    message: 'nobody votes; expected redis-node1 to be a master; last seen: a replica',
    ...{ cause: 'nobody votes', expected: 'redis-node1 to be a master', hint: 'Start a master.' },
  }
  const tape = new Tape().runStarted('x').scenarioStarted(0, 'x', 'x', [asked])
  tape.played(asked, 5, { verdict: 'failed', error, attempts: 7, lastSeen: 'a replica' })
  const times = { durationMs: 9, setupMs: 0, cleanupMs: 0 }
  const reason = `step 1, ${asked.name}: ${error.message}`
  tape.add({ type: 'scenario-ended', scenario: 0, verdict: 'failed', reason, hint: error.hint, ...times })
  const run = reduceRun(tape.runEnded('failed', 1).events)
  const order =
    /nobody votes.*expected:? +redis-node1 to be a master.*last.seen:? +a replica.*what.next:?(\*\*)? +Start a master\..*tried/s
  t.match(consoleReport(run), order)
  for (const format of [junitReport, githubReport]) t.match(format(run), order)
  t.match(markdownReport(run), order)
  t.match(
    junitReport(run),
    'message="nobody votes; expected: redis-node1 to be a master; last seen: a replica; what next: Start a master."',
  )
  t.equal(consoleReport(run).split('Start a master.').length, 2, 'what to do is told once')
})

t.test('what to do about a step is not said of a check beside it', async (t) => {
  const run = reduceRun(checkedRun())
  const [scenario] = run.scenarios
  if (scenario === undefined) throw new Error('there is a scenario')
  const first = scenario.checks.find(({ verdict }) => verdict === 'failed')
  const hinted = { ...scenario, reason: `check x: ${first?.explanation}`, hint: 'Only about this.' }
  const hints = problemsOfScenario(hinted).flatMap(({ check, hint }) => (hint === 'Only about this.' ? [check] : []))
  t.strictSame(hints, [first])
})

t.test('a crash comes before what it led to', async (t) => {
  const head = { on: 'shop', name: 'error_rate', verdict: 'failed', limit: 'at most 5%', value: '20%' } as const
  const check = { ...head, samples: 502, explanation: '103 of 502 operations failed.' }
  const finding = { text: 'The application shop ended with exit code 3', nodes: [] }
  const rule = { rule: 'crash', sentence: 's', lookedAt: 'x', verdict: 'failed' as const, findings: [finding] }
  const tape = new Tape()
    .runStarted('x')
    .scenarioStarted(0, 'x', 'x', [])
    .add({ type: 'check-judged', scenario: 0, check })
  tape.add({ type: 'audit-judged', scenario: 0, audit: { rules: [rule] } })
  const reason = `check error_rate of shop: ${check.explanation}`
  const times = { durationMs: 9, setupMs: 0, cleanupMs: 0 }
  tape.add({ type: 'scenario-ended', scenario: 0, verdict: 'failed', reason, ...times })
  const run = reduceRun(tape.runEnded('failed', 1).events)
  t.match(
    consoleReport(run, { color: false, width: 200 }),
    /FAILED {2}x, audit: crash[\s\S]*FAILED {2}x, check error_rate/,
  )
})

t.test('what failed comes before what shows too little, in every report', async (t) => {
  const [found, doubt] = ['The election took 9 s', 'no write was acknowledged (`min_in_window`)']
  const check = {
    ...({ on: 'shop', name: 'lost_writes', verdict: 'inconclusive', limit: '0', value: '0', samples: 603 } as const),
    ...{ explanation: `All were there. Yet ${doubt}.`, doubt },
  }
  const finding = { text: found, nodes: [] }
  const about = { rule: 'failover_time', sentence: 's', lookedAt: 'x' }
  const rule = { ...about, verdict: 'failed' as const, findings: [finding] }
  const tape = new Tape()
    .runStarted('x')
    .scenarioStarted(0, 'x', 'x', [])
    .add({ type: 'check-judged', scenario: 0, check })
  tape.add({ type: 'audit-judged', scenario: 0, audit: { rules: [rule] } })
  const reason = `audit, failover_time: ${found}`
  const times = { durationMs: 9, setupMs: 0, cleanupMs: 0 }
  tape.add({ type: 'scenario-ended', scenario: 0, verdict: 'failed', reason, ...times })
  const run = reduceRun(tape.runEnded('failed', 1).events)
  const [scenario] = run.scenarios
  if (scenario === undefined) throw new Error('there is a scenario')
  const texts = [consoleReport(run, { color: false, width: 200 }), githubReport(run), markdownReport(run)]
  const order = /The election took 9 s[\s\S]*too little to judge by[\s\S]*no write was acknowledged/
  for (const text of [...texts, verdictSection(run, scenario).text]) t.match(text, order)
  t.match(verdictSection(run, scenario).text, /<p class="why">The election took 9 s</, 'the head sentence')
  t.match(
    judgedText('x', scenario.checks, scenario.audit, { color: false, width: 200 }),
    /✖ FAILED[\s\S]*\? INCONCLUSIVE/,
  )
  t.notMatch(texts.join(), 'lost_writes of shop: 0')
  t.match(junitReport(run), 'what next: where the scenario means it')
})

t.test('of several scenarios the one that failed comes first', async (t) => {
  const tape = new Tape().runStarted('x')
  const times = { durationMs: 9, setupMs: 0, cleanupMs: 0 }
  for (const [scenario, verdict] of (['inconclusive', 'failed'] as const).entries()) {
    tape.scenarioStarted(scenario, `s${scenario}`, 'x', [])
    tape.add({ type: 'scenario-ended', scenario, verdict, reason: `It ${verdict}`, ...times })
  }
  t.match(
    consoleReport(reduceRun(tape.runEnded('failed', 1).events), { color: false, width: 80, detail: 'quiet' }),
    /^✖ FAILED {2}s1/,
  )
})

t.test('what did not pass is told once, and in the table when asked for', async (t) => {
  const run = reduceRun(checkedRun())
  const [normal, verbose] = (['normal', 'verbose'] as const).map((detail) =>
    consoleReport(run, { color: false, width: 100, detail }),
  )
  t.match(normal, /✔ passed +checkout +p99/)
  t.notMatch(normal, /✖ failed +checkout/)
  t.match(normal, 'checkout sent 4210 of 4600')
  t.match(verbose, /✖ failed +checkout +lost_writes/)
})

t.test('code is code in markdown, and nothing in it ends a cell, a line or itself', async (t) => {
  const told = (message: string) => {
    const asked = step('1', 'expect', 'x', 3)
    const tape = new Tape().runStarted('x').scenarioStarted(0, 'x', 'x', [asked])
    tape.played(asked, 5, { verdict: 'failed', error: { message } })
    const lines = markdownReport(reduceRun(tape.events)).split('\n')
    return lines[lines.findIndex((line) => line.startsWith('**failed: x, step 1')) + 2]
  }
  t.equal(told('use `min_in_window: 0` or *so*'), 'use `min_in_window: 0` or \\*so\\*')
  for (const [hostile, shown] of [
    ['`a|b`', '\\`a\\|b\\`'],
    ['`a\\`', '\\`a\\\\\\`'],
    ['`<b>`', '\\`&lt;b&gt;\\`'],
    ['`a``b`', '\\`a\\`\\`b\\`'],
    ['``a` <b>', '\\`\\`a\\` &lt;b&gt;'],
    ['`a` `<b>', '`a` \\`&lt;b&gt;'],
  ])
    t.equal(told(hostile ?? ''), shown, String(hostile))
})

t.test('colors only when wanted, and the same text with them', async (t) => {
  const run = reduceRun(failingRun())
  const plain = consoleReport(run, { color: false, width: 80 })
  const colored = consoleReport(run, { color: true, width: 80 })
  t.notOk(plain.includes(ESCAPE))
  t.ok(colored.includes(`${ESCAPE}[31m`))
  const lines = stripVTControlCharacters(colored).split('\n')
  t.strictSame(lines.map((line) => line.trimEnd()).join('\n'), plain)
})

t.test('who decides on color', async (t) => {
  const tty = { isTTY: true, columns: 90 }
  t.strictSame(outputStyle(tty, {}), { color: true, width: 90 })
  t.equal(outputStyle(tty, { NO_COLOR: '1' }).color, false)
  t.equal(outputStyle(tty, { NO_COLOR: '' }).color, true, 'no-color.org: an empty one does not count')
  t.equal(outputStyle(tty, { TERM: 'dumb' }).color, false)
  t.equal(outputStyle(tty, { FORCE_COLOR: '0' }).color, false)
  t.equal(outputStyle({}, {}).color, false)
  t.equal(outputStyle({}, { FORCE_COLOR: '1' }).color, true)
  t.equal(outputStyle({}, { FORCE_COLOR: '1', NO_COLOR: '1' }).color, true)
  t.equal(outputStyle({ columns: 20 }, {}).width, 40)
  t.equal(outputStyle({ isTTY: true }, {}).width, 80, 'a terminal that does not say how wide it is')
  t.equal(outputStyle({ isTTY: true, columns: 0 }, {}).width, 80)
  t.equal(outputStyle({}, {}).width, 100, 'a file')
})

t.test('failures come after the rest, counts after them, then the report and the command', async (t) => {
  const text = consoleReport(reduceRun(failingRun()), { color: false, width: 100 })
  const order = [
    'failover-basic failed in',
    'stayed a replica.',
    'what next',
    'failover-basic.yaml:16',
    '1 scenario: 1 failed',
    'report ',
    'run again',
  ]
  const places = order.map((words) => text.indexOf(words))
  t.ok(
    places.every((place) => place >= 0),
    places.join(),
  )
  t.strictSame(
    [...places].sort((a, b) => a - b),
    places,
  )
  t.ok(text.endsWith('run again  npm run scenario failover-basic -- --seed 42\n'))
  t.equal(text.split('stayed a replica.').length, 2, 'a reason is told once')
})

t.test('an interrupted step tells why, once', async (t) => {
  const text = consoleReport(reduceRun(interruptedRun()))
  t.equal(text.split('interrupted by Ctrl-C').length, 2)
})

t.test('a reply cannot steer the terminal, or add to a markdown table or a workflow command', async (t) => {
  const nasty = step('1', 'redis', `GET a${ESCAPE}[2J|b`, 3)
  const message = `a|b <script> ${ESCAPE}]0;title\u0007 100%\r\n::error::x`
  const tape = new Tape().runStarted('x').scenarioStarted(0, 'x', 'x', [nasty])
  tape.played(nasty, 1, { verdict: 'failed', error: { message } })
  const run = reduceRun(tape.events)
  const printed = consoleReport(run)
  t.notOk(printed.includes(ESCAPE))
  t.match(printed, '\\x1b]0;title\\x07')
  t.notMatch(markdownReport(run), /<script>|[^\\]\|b/)
  const commands = githubReport(run).trimEnd().split('\n')
  t.equal(commands.length, 2, 'the scenario that broke off, and its step')
  t.ok(commands.every((line) => line.startsWith('::error file=')))
  t.match(commands.join(), '100%25%0D%0A')
})

t.test('what went wrong before any scenario is told', async (t) => {
  const tape = new Tape().runStarted('x').add({ type: 'warning', text: 'The engine does not answer' })
  t.match(
    consoleReport(reduceRun(tape.runEnded('error', 3).events)),
    /! ERROR {2}run x\n\n {2}The engine does not answer/,
  )
})

t.test('scenarios that nothing was played of for one reason are one problem', async (t) => {
  const tape = new Tape().runStarted('nightly', 4)
  const nothing = { verdict: 'error', durationMs: 2, setupMs: 0, cleanupMs: 0, hint: 'Look for it.' } as const
  for (const [scenario, id] of ['one', 'two', 'three'].entries()) {
    tape.scenarioStarted(scenario, id, id, [step('1', 'redis', 'GET aa', 3)])
    tape.add({ type: 'scenario-ended', scenario, reason: 'there is no such server', ...nothing })
  }
  tape.scenarioStarted(3, 'other', 'other', [step('1', 'redis', 'GET aa', 3)])
  tape.add({ type: 'scenario-ended', scenario: 3, reason: 'the port is taken', ...nothing })
  const run = reduceRun(tape.runEnded('error', 3).events)
  const [, ...problems] = consoleReport(run).split('! ERROR')
  t.equal(problems.length, 3, 'two, and the counts')
  t.match(
    problems[0],
    /^ {2}3 scenarios of which nothing was played\n\n {2}there is no such server\n {4}one, two, three\n\n {2}what next +Look for it\.\n\n$/,
  )
  t.match(problems[1], /^ {2}other\n/)
  t.equal(junitReport(run).match(/<error /g)?.length, 4, 'each is a case of its own')
})

t.test('widths, cutting and wrapping', async (t) => {
  t.equal(displayWidth('日本'), 4)
  t.equal(displayWidth(`${ESCAPE}[31mred${ESCAPE}[39m`), 3)
  t.equal(truncate('redis-node0', 20), 'redis-node0')
  t.equal(truncate('redis-node0', 6), 'redis…')
  t.strictSame(wrap('one two three', 7), ['one two', 'three'])
  t.strictSame(wrap('abcdefgh', 3), ['abc', 'def', 'gh'])
  t.strictSame(wrap('日本', 1), ['日', '本'])
  t.strictSame(wrap('', 5), [''])
})
