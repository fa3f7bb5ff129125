import t from 'tap'
import { type Course, NO_SAMPLES, samplesOf } from '../../../runner/checks/nights/course.ts'
import { type JudgedNight, judgeCourses } from '../../../runner/checks/nights/judge.ts'
import { secondPassOf } from '../../../runner/checks/nights/second-pass.ts'
import { courseOf, drawing } from '../../support/nights.ts'

const THRESHOLD = { threshold: 0.1 }

/** Scenarios of which nothing is to be told; each night slower by its factor. */
function others(draw: ReturnType<typeof drawing>, nights: readonly number[], count = 20): Course[] {
  return Array.from({ length: count }, (_, place) =>
    courseOf(
      `other-${place}`,
      nights.map((slower) => draw(5, slower)),
    ),
  )
}

function verdictsOf({ courses }: JudgedNight): Record<string, string> {
  return Object.fromEntries(courses.map(({ course, verdict }) => [course.scenario, verdict]))
}

function same(nights: number): number[] {
  return Array.from({ length: nights }, () => 1)
}

t.test('the first night can be compared with nothing; what is new is missing on any night', async (t) => {
  const draw = drawing(1)
  const first = judgeCourses([courseOf('a', [draw(5)])], THRESHOLD)
  t.match(first.courses, [{ verdict: 'missing', isSuspicious: false }])
  const later = judgeCourses(
    [courseOf('old', [draw(5), draw(5)]), courseOf('new', [NO_SAMPLES, samplesOf(draw(5))])],
    THRESHOLD,
  )
  t.strictSame(verdictsOf(later), { old: 'same', new: 'missing' })
})

t.test('one play a night is too few, until there are many nights', async (t) => {
  const draw = drawing(2)
  const judged = (nights: number) =>
    judgeCourses(
      [
        courseOf(
          'a',
          same(nights).map(() => draw(1)),
        ),
      ],
      THRESHOLD,
    )
  t.match(judged(3).courses, [{ verdict: 'too-few' }])
})

t.test(
  'the second night: a scenario that is twice as slow is suspicious, and is flagged with its further plays',
  async (t) => {
    const draw = drawing(3)
    const before = others(draw, same(2), 40)
    const once = [...before, courseOf('slow', [draw(5), draw(5, 2)])]
    const looked = judgeCourses(once, THRESHOLD)
    t.equal(verdictsOf(looked).slow, 'same', 'five and five samples are not certain among 41')
    const second = secondPassOf(looked)
    t.ok(second.suspicious.some(({ scenario }) => scenario === 'slow'))
    const again = second.rounds.flat().filter(({ scenario }) => scenario === 'slow').length
    t.ok(again >= 8, `${again} times again`)
    t.ok(second.controls.length > 1 && second.controls.every(({ scenario }) => scenario.startsWith('other')))
    const both = judgeCourses(
      [...before, courseOf('slow', [draw(5), samplesOf(draw(5, 2), draw(again, 2))])],
      THRESHOLD,
    )
    t.match(both.courses.at(-1), { verdict: 'regressed', isSuspicious: false, change: { span: 1 } })
    t.strictSame(
      both.courses.filter(({ verdict }) => verdict === 'regressed').map(({ course }) => course.scenario),
      ['slow'],
    )
  },
)

t.test('after many nights twice as slow is certain at once, and nothing is played again', async (t) => {
  const draw = drawing(4)
  const judged = judgeCourses(
    [
      ...others(draw, same(21)),
      courseOf(
        'slow',
        [...same(20), 2].map((slower) => draw(5, slower)),
      ),
    ],
    THRESHOLD,
  )
  t.equal(verdictsOf(judged).slow, 'regressed')
  t.notOk(secondPassOf(judged).suspicious.some(({ scenario }) => scenario === 'slow'))
})

t.test('a change is told on the nights after it too, with the night that it began', async (t) => {
  const draw = drawing(5)
  const nights = [...same(15), 1.2, 1.2, 1.2, 1.2]
  const judged = judgeCourses(
    [
      ...others(draw, same(19)),
      courseOf(
        'slow',
        nights.map((slower) => draw(5, slower)),
      ),
    ],
    THRESHOLD,
  )
  t.match(judged.courses.at(-1), { verdict: 'regressed', change: { span: 4 } })
})

t.test('one slow night that is over is none', async (t) => {
  const draw = drawing(6)
  const nights = [...same(15), 1.5, 1]
  const judged = judgeCourses(
    [
      ...others(draw, same(17)),
      courseOf(
        'slow',
        nights.map((slower) => draw(5, slower)),
      ),
    ],
    THRESHOLD,
  )
  t.equal(verdictsOf(judged).slow, 'same')
})

t.test('a scenario that has such nights is not flagged for one more', async (t) => {
  const draw = drawing(7)
  const nights = [1, 1, 1.3, 1, 1, 1.3, 1, 1, 1, 1.3, 1, 1, 1, 1.3]
  const again = (slower: number) => samplesOf(draw(5, slower), draw(10, slower))
  const own = [...nights.slice(0, -1).map((slower) => samplesOf(draw(5, slower))), again(1.3)]
  const judged = judgeCourses([...others(draw, same(14)), courseOf('unsteady', own)], THRESHOLD)
  t.equal(verdictsOf(judged).unsteady, 'same')
})

t.test('what is certain and small is none; faster is told, and no regression', async (t) => {
  const draw = drawing(8)
  const last = (slower: number) => [
    ...same(20).map(() => samplesOf(draw(5))),
    samplesOf(draw(5, slower), draw(40, slower)),
  ]
  const judged = judgeCourses(
    [...others(draw, same(21)), courseOf('little', last(1.05)), courseOf('faster', last(0.8))],
    THRESHOLD,
  )
  t.match(verdictsOf(judged), { little: 'same', faster: 'improved' })
})

t.test('a busy machine slows all of them down and accuses none; nor does a busy second pass', async (t) => {
  const draw = drawing(9)
  const nights = [...same(20), 1.08]
  const judged = judgeCourses(others(draw, nights, 30), THRESHOLD)
  t.notOk(judged.courses.some(({ verdict }) => verdict === 'regressed'))
  t.match([...judged.together.values()], [{ span: 0, before: 20 }])

  const slowAgain = judgeCourses(
    [
      ...others(draw, same(21)),
      courseOf('watched', [...same(20).map(() => draw(5)), samplesOf(draw(5), draw(10, 1.25))]),
      courseOf('control', [...same(20).map(() => draw(5)), samplesOf(draw(5), draw(10, 1.25), true)]),
    ],
    THRESHOLD,
  )
  t.equal(verdictsOf(slowAgain).watched, 'same')
})

t.test('when all are slower by more than the machine ever was, that is told of all together', async (t) => {
  const draw = drawing(10)
  const judged = judgeCourses(others(draw, [...same(20), 1.25]), THRESHOLD)
  t.match([...judged.together], [['redis:7.0, process', { span: 1 }]])
  const few = judgeCourses(others(draw, [1, 1.2]), THRESHOLD)
  t.match([...few.together.values()], [{ span: 0 }], 'after one night nobody knows how the machine is')
  const twice = judgeCourses(others(draw, [1, 2]), THRESHOLD)
  t.match([...twice.together.values()], [{ span: 1 }], 'but that is much')
})

t.test('few scenarios are judged each by itself: all of them may be slower', async (t) => {
  const draw = drawing(11)
  const judged = judgeCourses(
    ['a', 'b'].map((scenario) => courseOf(scenario, [draw(5), samplesOf(draw(5, 2), draw(10, 2))])),
    THRESHOLD,
  )
  t.strictSame(verdictsOf(judged), { a: 'regressed', b: 'regressed' })
})

t.test('milliseconds that the runner itself adds are none', async (t) => {
  const draw = drawing(12)
  const quick = (slower: number) => draw(5, slower).map((ms) => ms / 1000)
  const judged = judgeCourses([courseOf('a', [...same(20), 2].map(quick))], THRESHOLD)
  t.strictSame(verdictsOf(judged), { a: 'same' })
})
