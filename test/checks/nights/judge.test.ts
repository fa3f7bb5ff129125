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

t.test('one bad night hides no regression, once there are five', async (t) => {
  const draw = drawing(31)
  const judged = (nights: number) => {
    const slow = [2.05, ...same(nights - 1)].map((slower) => samplesOf(draw(5, slower)))
    const tonight = samplesOf(draw(5, 1.95), draw(8, 1.95))
    return judgeCourses(
      [...others(draw, same(nights + 1), 6), courseOf('slow', [...slow, tonight])],
      THRESHOLD,
    ).courses.at(-1)
  }
  t.match(judged(8), { verdict: 'regressed', change: { span: 1 } })
  t.match(judged(5), { verdict: 'regressed' })
  t.match(judged(4), { verdict: 'same', asSlow: 1 }, 'of four it says something')
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

/** Courses of a suite that two machines share: the second of them slower by a factor, night by night. */
function shared(draw: ReturnType<typeof drawing>, second: readonly number[], first = same(second.length)): Course[] {
  return Array.from({ length: 40 }, (_, place) => {
    const [part, factors] = place < 20 ? [1, first] : [2, second]
    return courseOf(
      `shared-${place}`,
      factors.map((slower) => samplesOf(draw(5, slower), [], false, part)),
    )
  })
}

t.test('of machines that share a night each is known by what it played', async (t) => {
  const draw = drawing(21)
  const judged = judgeCourses(shared(draw, [...same(15), 1.3]), THRESHOLD)
  t.strictSame([...new Set(judged.courses.map(({ verdict }) => verdict))], ['same'], 'the second machine was busy')
  t.strictSame(
    [...judged.together.values()].map(({ span }) => span),
    [0],
    'and that is not the server, for the first was not',
  )
  const one = shared(drawing(22), [...same(15), 1.3])
  const slow = judgeCourses(
    [
      ...one,
      courseOf(
        'slow',
        [...same(15), 2].map((slower) => samplesOf(draw(5, slower), [], false, 1)),
      ),
    ],
    THRESHOLD,
  )
  t.equal(verdictsOf(slow).slow, 'regressed')
})

t.test('scenarios that go from one machine to the other are compared beside both', async (t) => {
  const draw = drawing(23)
  // The second machine is always slower; every night the scenarios change places.
  const courses = Array.from({ length: 40 }, (_, place) =>
    courseOf(
      `wanders-${place}`,
      same(16).map((_, night) => {
        const part = (place + night) % 2
        return samplesOf(draw(5, part === 0 ? 1 : 1.3), [], false, part + 1)
      }),
    ),
  )
  const { courses: judged, together } = judgeCourses(courses, THRESHOLD)
  t.strictSame([...new Set(judged.map(({ verdict }) => verdict))], ['same'])
  t.strictSame([...together.values()][0]?.span, 0)
})

t.test('when all machines are slower than any was before, that is told', async (t) => {
  const nights = [...same(15), 1.4]
  const { together } = judgeCourses(shared(drawing(24), nights, nights), THRESHOLD)
  t.match([...together.values()], [{ span: 1 }])
})

t.test('a part takes nothing for certain that the whole does not', async (t) => {
  const draw = drawing(25)
  const own = [courseOf('slow', [draw(5), draw(5, 1.6)])]
  const [alone] = judgeCourses(own, THRESHOLD).courses
  const asPart = judgeCourses(own, { ...THRESHOLD, asked: 200 })
  t.ok((alone?.p ?? 1) < 0.01)
  t.match(asPart.courses, [{ verdict: 'same', isSuspicious: true }])
  t.ok((asPart.courses[0]?.p ?? 0) > 20 * (alone?.p ?? 1))
  t.ok(secondPassOf(asPart).rounds.length > secondPassOf({ ...asPart, asked: 1 }).rounds.length, 'and plays more often')
})

t.test('what others played on the nights before helps to know their machines', async (t) => {
  const draw = drawing(26)
  const nights = same(16).map((_, night) => (night % 2 === 0 || night === 15 ? 1 : 1.3))
  const watched = [
    courseOf(
      'watched',
      nights.map((busy, night) => draw(5, night === 15 ? 1.3 : busy)),
    ),
  ]
  const beside = others(draw, nights).map((course) => ({
    ...course,
    nights: [...course.nights.slice(0, -1), NO_SAMPLES],
  }))
  t.equal(judgeCourses(watched, THRESHOLD).courses[0]?.verdict, 'same', 'it was as slow on every other night')
  t.equal(judgeCourses(watched, { ...THRESHOLD, beside }).courses[0]?.verdict, 'regressed', 'as was all else')
})
