import t from 'tap'
import { type JudgedNight, judgeCourses } from '../../../runner/checks/nights/judge.ts'
import { secondPassOf } from '../../../runner/checks/nights/second-pass.ts'
import { courseOf, drawing } from '../../support/nights.ts'

function night(slow: readonly string[], steady: readonly string[]): JudgedNight {
  const draw = drawing(1)
  return judgeCourses(
    [
      ...slow.map((name) => courseOf(name, [draw(5), draw(5, 1.8)])),
      ...steady.map((name) => courseOf(name, [draw(5), draw(5)])),
    ],
    { threshold: 0.1 },
  )
}

const NAMES = Array.from({ length: 40 }, (_, place) => `steady-${place}`)

t.test('nothing suspicious, nothing again', async (t) => {
  t.strictSame(secondPassOf(night([], NAMES.slice(0, 3))), { suspicious: [], controls: [], rounds: [] })
})

t.test('each round has every suspicious scenario once, and controls in turn', async (t) => {
  const { suspicious, controls, rounds } = secondPassOf(night(['a'], NAMES))
  t.ok(suspicious.some(({ scenario }) => scenario === 'a'))
  t.ok(rounds.length >= 8)
  for (const round of rounds) {
    t.equal(round.length, suspicious.length + 2)
    t.equal(round.filter(({ scenario }) => scenario === 'a').length, 1)
  }
  const played = controls.map((one) => rounds.flat().filter(({ scenario }) => scenario === one.scenario).length)
  t.ok(Math.max(...played) - Math.min(...played) <= 1, 'controls are played alike')
})

t.test('if everything is slower, a few are played again, and not all of them', async (t) => {
  const draw = drawing(2)
  const few = judgeCourses(
    ['a', 'b', 'c', 'd'].map((name) => courseOf(name, [draw(5), draw(5, 1.8)])),
    { threshold: 0.1 },
  )
  const { suspicious, controls } = secondPassOf(few)
  t.equal(suspicious.length, 4)
  t.strictSame(controls, [])
  const many = secondPassOf(night(NAMES.slice(0, 15), NAMES.slice(15)))
  t.ok(many.suspicious.length <= 6)
})

t.test('repeats that disagree are played again as well, though they are as fast as ever', async (t) => {
  const flaky = { scenario: 'steady-0', server: 'redis:7.0', platform: 'process' }
  const { suspicious, rounds } = secondPassOf(night([], NAMES.slice(0, 3)), [flaky])
  t.strictSame(suspicious, [flaky])
  t.equal(rounds.length, 8)
})
