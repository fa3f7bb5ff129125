import fc from 'fast-check'
import t from 'tap'
import { linearPattern, PatternError } from '../../runner/base/linear-pattern.ts'

/** Pieces that patterns are made of, of which JavaScript's own expressions say the same. */
const PIECES = [
  'a',
  'b',
  '.',
  '\\d',
  '\\w',
  '\\s',
  '\\W',
  '[ab]',
  '[^a]',
  '[a-c-]',
  '(',
  '(?:',
  ')',
  '|',
  '*',
  '+',
  '?',
]
const MORE = ['{2}', '{0,2}', '{1,}', '*?', '^', '$', '\\b', '\\B', '\\.', 'ab', '1', ' ', '\\[']

t.test('it finds what JavaScript finds', async (t) => {
  let compared = 0
  const sources = fc.array(fc.constantFrom(...PIECES, ...MORE), { maxLength: 8 }).map((pieces) => pieces.join(''))
  const texts = fc.array(fc.constantFrom('a', 'b', 'c', '1', ' ', '.', '[', '-', '{2}'), { maxLength: 10 })
  fc.assert(
    fc.property(sources, texts, (source, chars) => {
      const text = chars.join('')
      let pattern: ReturnType<typeof linearPattern>
      let own: RegExp
      try {
        pattern = linearPattern(source)
        own = new RegExp(source)
      } catch {
        return true
      }
      compared += 1
      return pattern.matches(text) === own.test(text)
    }),
    { numRuns: 3000, seed: 14 },
  )
  t.ok(compared > 500, `${compared} were compared`)
})

t.test('no pattern takes long', async (t) => {
  const long = `${'a'.repeat(5000)}!`
  for (const source of ['(a+)+$', '(a|a)*b', '(a*)*b', '(.*a){20}x', 'a*a*a*a*a*a*b', '((a{0,10}){0,10})*c']) {
    t.notOk(linearPattern(source).matches(long), source)
  }
})

t.test('what it does not have is refused, with the reason', async (t) => {
  const wrong: [source: string, message: RegExp][] = [
    ['(a', /`\(` is not closed/],
    ['a)', /closes nothing/],
    ['[a', /`\[` is not closed/],
    ['*a', /`\*` repeats nothing/],
    ['(?=a)', /no look-arounds/],
    ['(?<x>a)', /no look-arounds and no named groups/],
    ['(a)\\1', /no back-references/],
    ['\\p{L}', /`\\p` has no meaning here/],
    ['a\\', /ends in a backslash/],
    ['[z-a]', /wrong way round/],
    ['a{3,2}', /fewer at most/],
    ['a{5000}', /more than 1000/],
    ['((a{1000}){1000}){1000}', /too large/],
  ]
  for (const [source, message] of wrong) {
    t.throws(() => linearPattern(source), { name: 'PatternError', message }, source)
  }
  t.ok(new PatternError('x') instanceof Error)
})

t.test('lines of logs', async (t) => {
  const line = '4711:M 29 Nov 2026 20:11:10.123 * Full resync requested by replica 127.0.0.1:7011'
  for (const source of [
    'Full resync .* replica 127\\.0\\.0\\.1:\\d+$',
    '^\\d+:M',
    '(resync|synchronization) requested',
  ]) {
    t.ok(linearPattern(source).matches(line), source)
  }
  t.notOk(linearPattern('^Full').matches(line))
})
