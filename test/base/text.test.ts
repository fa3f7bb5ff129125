import t from 'tap'
import { capitalized, displayWidth, firstFew, lastLines, listed, padded, plural } from '../../runner/base/text.ts'

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
