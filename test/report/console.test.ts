import { stripVTControlCharacters } from 'node:util'
import t from 'tap'
import { displayWidth, truncate, wrap } from '../../runner/base/text.ts'
import { consoleReport } from '../../runner/report/console.ts'
import { githubReport } from '../../runner/report/github.ts'
import { markdownReport } from '../../runner/report/markdown.ts'
import { outputStyle } from '../../runner/report/style.ts'
import { reduceRun } from '../../runner/results/run-model.ts'
import { failingRun, interruptedRun, SAMPLES, step, Tape } from '../support/sample-events.ts'

const ESCAPE = '\u001b'

t.test('nothing but paths and commands is wider than the terminal', async (t) => {
  for (const [name, events] of Object.entries(SAMPLES)) {
    for (const width of [80, 120]) {
      const lines = consoleReport(reduceRun(events()), { color: true, width }).split('\n')
      const wide = lines.filter((line) => displayWidth(line) > width)
      t.strictSame(wide, [], `${name} at ${width}`)
    }
  }
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
  t.equal(outputStyle({ columns: 20 }, {}).width, 60)
})

t.test('failures come after the steps, counts after them, then the report and the command', async (t) => {
  const text = consoleReport(reduceRun(failingRun()), { color: false, width: 100 })
  const order = [
    '10 steps',
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
