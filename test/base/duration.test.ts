import t from 'tap'
import { formatDuration, parseDuration } from '../../runner/base/duration.ts'

t.test('durations as scenarios write them', async (t) => {
  const cases: [string, number | undefined][] = [
    ['250ms', 250],
    ['1.5s', 1500],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['0s', 0],
    ['5', undefined],
    ['s', undefined],
    ['-1s', undefined],
    ['1 s', undefined],
    ['1.s', undefined],
    ['1d', undefined],
    ['', undefined],
  ]
  for (const [text, expected] of cases) t.equal(parseDuration(text), expected, `'${text}'`)
})

t.test('durations for people, also where rounding reaches the next unit', async (t) => {
  const cases: [number, string][] = [
    [0, '0 ms'],
    [0.44, '0.4 ms'],
    [9.96, '10 ms'],
    [12.4, '12 ms'],
    [999.4, '999 ms'],
    [999.6, '1.00 s'],
    [1234, '1.23 s'],
    [119_990, '119.99 s'],
    [119_999, '2 min 0 s'],
    [125_000, '2 min 5 s'],
    [3_599_600, '60 min 0 s'],
    [10_920_000, '3 h 2 min'],
  ]
  for (const [ms, expected] of cases) t.equal(formatDuration(ms), expected, `${ms}`)
})
