import t from 'tap'
import { judgeStrain, MeasuredPace, type Strain } from '../../../runner/engine/side-by-side/measured-pace.ts'

const CALM: Strain = { waited: 0.2, latenessMs: 12 }
const BUSY: Strain = { waited: 0.6, latenessMs: 50 }
const CROWDED: Strain = { waited: 0.9, latenessMs: 50 }

const paced = (first: number, most = 8) => new MeasuredPace({ first, most, measure: () => () => CALM })

t.test('what a period says', async (t) => {
  t.equal(judgeStrain(CALM), 'more')
  t.equal(judgeStrain(BUSY), 'stay')
  t.equal(judgeStrain(CROWDED), 'fewer')
  t.equal(judgeStrain({ waited: 0.1, latenessMs: 300 }), 'fewer', 'a runner that is late sees things late')
  t.equal(judgeStrain({ latenessMs: 5 }), 'more', 'where the system does not tell of waiting, timers do')
})

t.test('one more lane after two calm periods in a row, up to the most', async (t) => {
  const pace = paced(2, 3)
  const more = [CALM, BUSY, CALM, CALM, CALM, CALM].map((strain) => pace.note(strain))
  t.strictSame(more, [false, false, false, true, false, false])
  t.equal(pace.lanes, 3)
})

t.test('one fewer after two crowded periods, down to one', async (t) => {
  const pace = paced(2)
  for (const strain of [CROWDED, CALM, CROWDED, CROWDED]) pace.note(strain)
  t.equal(pace.lanes, 1)
  for (const strain of [CROWDED, CROWDED]) pace.note(strain)
  t.equal(pace.lanes, 1)
})

t.test('what was borne is known after two periods alike, and never more than what was', async (t) => {
  const pace = paced(4)
  t.equal(pace.borne, undefined)
  for (const strain of [BUSY, BUSY]) pace.note(strain)
  t.equal(pace.borne, 4)
  for (const strain of [CALM, CALM]) pace.note(strain)
  t.strictSame([pace.lanes, pace.borne], [5, 4], 'the fifth has to show it')
  for (const strain of [CROWDED, CROWDED]) pace.note(strain)
  t.strictSame([pace.lanes, pace.borne], [4, 4])
})

t.test('it measures by itself until it is ended', async (t) => {
  const pace = new MeasuredPace({ first: 1, most: 2, measure: () => () => CALM, periodMs: 1 })
  // Its own timer holds no program.
  const alive = setInterval(() => undefined, 1000)
  t.teardown(() => clearInterval(alive))
  await new Promise<void>((resolve) => {
    const end = pace.begin(() => {
      end()
      resolve()
    })
  })
  t.equal(pace.lanes, 2)
})
