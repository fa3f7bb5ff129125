import t from 'tap'
import {
  capitalized,
  displayWidth,
  firstFew,
  forOutput,
  lastLines,
  listed,
  padded,
  plural,
  truncate,
} from '../../runner/base/text.ts'

t.test('counts and lists in prose', async (t) => {
  t.strictSame(
    [0, 1, 2].map((count) => plural(count, 'step')),
    ['0 steps', '1 step', '2 steps'],
  )
  t.strictSame(
    [1, 3].map((count) => plural(count, 'try', 'tries')),
    ['1 try', '3 tries'],
  )
  t.strictSame(
    [[], ['a'], ['a', 'b'], ['a', 'b', 'c'], ['a', 'b', 'c', 'd', 'e']].map((items) => listed(items, 3)),
    ['', 'a', 'a and b', 'a, b and c', 'a, b, c and 2 more'],
  )
  t.equal(firstFew(['a', 'b'], 2), 'a; b')
  t.equal(firstFew(['a', 'b', 'c', 'd'], 2), 'a; b; and 2 more')
  t.equal(firstFew(['a', 'b', 'c'], 2, ', '), 'a, b, and 1 more')
  t.equal(capitalized('it was not seen'), 'It was not seen')
})

t.test('the last lines of a log are one line, without what is empty', async (t) => {
  t.equal(lastLines('one\n\n  two \r\nthree\n\n', 2), 'two / three')
  t.equal(lastLines('one', 3), 'one')
  t.equal(lastLines(' \n', 3), '')
})

t.test('wide characters take two columns, in every plane', async (t) => {
  t.strictSame(['abc', '停止', '𠀀', 'é', 'e\u0301', '🚀', '👩‍👩‍👧'].map(displayWidth), [3, 4, 2, 1, 1, 2, 2])
  t.equal(padded('停止', 6), '停止  ')
  t.equal(padded('longer', 3), 'longer')
})

t.test('a text of any length is cut between what is seen as one character', async (t) => {
  t.equal(truncate('é'.repeat(16 * 1024 * 1024), 5), 'éééé…')
  t.equal(displayWidth('é'.repeat(1024 * 1024)), 1024 * 1024)
  const family = '👩‍👩‍👧'
  for (const before of [0, 1, 2, 3]) {
    const text = `${'é'.repeat(before)}${family.repeat(400)}`
    t.equal(displayWidth(text), before + 800, `${before} before`)
    t.equal(truncate(text, before + 800), text)
    t.equal(truncate(text, before + 799), `${'é'.repeat(before)}${family.repeat(399)}…`)
  }
  const piled = `e${'\u0301'.repeat(5000)}`
  t.equal(displayWidth(`${piled}x`), 2, 'one of any length is one')
  t.equal(truncate(`${piled}xyz`, 2), `${piled}…`)
})

t.test('what is printed steers neither a terminal nor a CI, whatever it was made from', async (t) => {
  t.equal(forOutput('a\u001b[2K\u001b[1A\rb\u0007'), 'a\\x1b[2K\\x1b[1A\\rb\\x07')
  t.equal(
    forOutput('left\u202eright \u200f \u061c \u2066 \u009b8m\u007f'),
    'left\\u202eright \\u200f \\u061c \\u2066 \\u009b8m\\u007f',
  )
  t.equal(forOutput('two\n\tlines'), 'two\n\tlines')
  t.equal(
    forOutput('a\u200bb\u2060c\ufeffd\u00ade\u3164f'),
    'a\\u200bb\\u2060c\\ufeffd\\u00ade\\u3164f',
    'shows nothing',
  )
  t.equal(forOutput('a\u{e0041}b\u200cc\ufe0f'), 'a\\udb40\\udc41b\\u200cc\\ufe0f', 'nor do tags')
  t.equal(
    forOutput('\u2764\ufe0f\u200d\u{1f525} \u0645\u06cc\u200c\u062e'),
    '\u2764\ufe0f\u200d\u{1f525} \u0645\u06cc\u200c\u062e',
  )
  t.equal(forOutput('##teamcity[testFailed]'), '\\u0023#teamcity[testFailed]')
  t.equal(forOutput('\u001b[1mbold\u001b[22m'), '\\x1b[1mbold\\x1b[22m', 'no colors where there are none')
  t.equal(
    forOutput('\u001b[1mbold\u001b[22m\u001b[8mhidden', { painted: true }),
    '\u001b[1mbold\u001b[22m\\x1b[8mhidden',
  )
  t.equal(forOutput('::add-mask::x\n  ::error::y\na::b'), '\\x3a:add-mask::x\n  \\x3a:error::y\na::b')
  t.equal(forOutput('a ##vso[task.x] ##[group] ## b'), 'a \\u0023#vso[task.x] \\u0023#[group] ## b')
  t.equal(forOutput('::error::meant\u001b[0m', { commands: true }), '::error::meant\\x1b[0m')
  t.strictSame(
    JSON.parse(forOutput(JSON.stringify({ a: 'x\u009b\u202e##[group]' }))),
    { a: 'x\u009b\u202e##[group]' },
    'JSON stays what it is',
  )
})
