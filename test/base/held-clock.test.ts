import t from 'tap'
import { HeldClock } from '../../runner/base/held-clock.ts'
import { FakeClock } from '../support/fake-clock.ts'

t.test('no time passes while the clock is held', async (t) => {
  const real = new FakeClock(1000)
  const clock = new HeldClock(real)
  real.ms += 100
  t.equal(clock.nowMs(), 1100)
  await clock.hold(async () => {
    real.ms += 5000
    t.equal(clock.nowMs(), 1100, 'also meanwhile')
    t.equal(clock.ranMs(), 1100)
  })
  real.ms += 10
  t.equal(clock.nowMs(), 1110)
  t.equal(clock.ranMs(), 1110)
  await t.rejects(
    clock.hold(async () => {
      real.ms += 300
      throw new Error('gone')
    }),
    /gone/,
  )
  t.equal(clock.nowMs(), 1110, 'nor when what it was held for fails')
})

t.test('stalls lie where they were seen, and those of the time left out are none', async (t) => {
  const real = new FakeClock(1000)
  const clock = new HeldClock(real)
  real.standStill(700)
  await clock.hold(async () => real.standStill(900))
  real.ms += 50
  real.standStill(600)
  t.strictSame(clock.stallsSince(0), [
    { fromMs: 1000, toMs: 1700 },
    { fromMs: 1750, toMs: 2350 },
  ])
  t.strictSame(clock.stallsSince(1700), [{ fromMs: 1750, toMs: 2350 }])
  t.equal(clock.ranMs(), 1050)
})
