import t from 'tap'
import { WallClock } from '../../runner/record/wall-clock.ts'
import { FakeClock } from '../support/fake-clock.ts'

/** A wall clock that gives whole milliseconds, as servers stamp their lines, and that can be set. */
class TwoClocks extends FakeClock {
  aheadMs = 1_000_000.4
  /** How long the next reading of it is held up, ms, before it is taken. */
  heldMs = 0
  override wallMs(): number {
    this.ms += this.heldMs
    this.heldMs = 0
    return Math.floor(this.ms + this.aheadMs)
  }
  /** The stamp of a line written now. */
  stamp(): number {
    return this.wallMs()
  }
}

t.test('lines are mapped within their stated error, whatever is cut off of the stamps', async (t) => {
  const clock = new TwoClocks(100)
  const wall = new WallClock(clock)
  for (let line = 0; line < 500; line += 1) {
    const writtenMs = clock.ms
    const stamp = clock.stamp()
    clock.ms += (line * 7.31) % 50
    const { nowMs, errorMs } = wall.map(stamp)
    t.ok(Math.abs(nowMs - writtenMs) <= errorMs, `line ${line}: ${nowMs - writtenMs} ms off, ± ${errorMs}`)
    t.ok(errorMs <= 1.5)
    clock.ms += 3.77
  }
})

for (const stepMs of [30_000, -30_000, 3_600_000, -3_600_000]) {
  t.test(`a wall clock that is set by ${stepMs / 1000} s moves no line, whenever it was written`, async (t) => {
    const clock = new TwoClocks(10_000_000)
    const wall = new WallClock(clock)
    wall.map(clock.stamp())
    clock.ms += 10
    const writtenMs = clock.ms
    const old = clock.stamp()
    clock.ms += 20
    clock.aheadMs += stepMs
    clock.ms += 20
    const after = wall.map(clock.stamp())
    const late = wall.map(old)
    t.ok(Math.abs(after.nowMs - clock.ms) <= 1.5, 'one that was written after it')
    t.ok(after.errorMs <= 1.5)
    t.ok(Math.abs(late.nowMs - writtenMs) <= 1.5, 'one that was written before it, and read after')
    t.ok(late.errorMs <= 1.5)
    clock.ms += 60_000
    const later = wall.map(clock.stamp())
    t.ok(Math.abs(later.nowMs - clock.ms) <= 2 && later.errorMs <= 2, 'and one of later')
  })
}

t.test('a reading that is held up for a moment is no step of the clock, and spoils no later one', async (t) => {
  const clock = new TwoClocks(100)
  const wall = new WallClock(clock)
  wall.map(clock.stamp())
  for (let line = 0; line < 20; line += 1) {
    clock.ms += 1000
    const writtenMs = clock.ms
    const stamp = clock.stamp()
    if (line === 3) clock.heldMs = 94
    const { nowMs, errorMs } = wall.map(stamp)
    t.ok(Math.abs(nowMs - writtenMs) <= 1.5, `line ${line}: ${nowMs - writtenMs} ms off`)
    t.ok(errorMs <= 1.5, `± ${errorMs}`)
  }
})

t.test('a first reading that is held up is forgotten with the next', async (t) => {
  const clock = new TwoClocks(100)
  const wall = new WallClock(clock)
  const first = clock.stamp()
  clock.heldMs = 94
  const firstMs = clock.ms
  const held = wall.map(first)
  t.ok(Math.abs(held.nowMs - firstMs) <= held.errorMs, `${held.nowMs - firstMs} ms off, ± ${held.errorMs}`)
  clock.ms += 1000
  const { nowMs, errorMs } = wall.map(clock.stamp())
  t.ok(Math.abs(nowMs - clock.ms) <= 1.5, `${nowMs - clock.ms} ms off`)
  t.ok(errorMs <= 1.5, `± ${errorMs}`)
})

t.test(
  'a clock that is set back by less than lines are late leaves both open, and the error tells of it once',
  async (t) => {
    const clock = new TwoClocks(100)
    const wall = new WallClock(clock)
    wall.map(clock.stamp())
    clock.ms += 300
    clock.aheadMs -= 200
    const jumped = wall.map(clock.stamp())
    t.ok(jumped.errorMs >= 200, `± ${jumped.errorMs}`)
    clock.ms += 300
    t.ok(wall.map(clock.stamp()).errorMs <= 1.5)
  },
)

t.test('a line that waited for a runner that stood still was written when it says', async (t) => {
  const clock = new TwoClocks(100)
  const wall = new WallClock(clock)
  wall.map(clock.stamp())
  clock.ms += 1000
  const stamp = clock.stamp()
  const writtenMs = clock.ms
  clock.standStill(8000)
  const { nowMs, errorMs } = wall.map(stamp)
  t.ok(Math.abs(nowMs - writtenMs) <= errorMs)
  t.ok(errorMs <= 1.5, `± ${errorMs}`)
})

t.test('a wall clock that is slewed is followed', async (t) => {
  const clock = new TwoClocks(100)
  const wall = new WallClock(clock)
  for (let line = 0; line < 1000; line += 1) {
    clock.ms += 100
    clock.aheadMs += line < 500 ? 0.05 : -0.05
    const { nowMs, errorMs } = wall.map(clock.stamp())
    t.ok(Math.abs(nowMs - clock.ms) <= 2, `line ${line} is ${nowMs - clock.ms} ms off`)
    t.ok(errorMs < 2)
  }
})

t.test('a line from the future comes from another clock: it was written about when it arrived', async (t) => {
  const clock = new TwoClocks(100)
  const wall = new WallClock(clock)
  const { nowMs, errorMs } = wall.map(clock.stamp() + 5000)
  t.ok(nowMs <= clock.ms && nowMs > clock.ms - 100)
  t.ok(errorMs >= 30 && errorMs < 100)
})

t.test('a line that arrives long after its stamp is late, or its clock is behind: the error covers both', async (t) => {
  const clock = new TwoClocks(100)
  const wall = new WallClock(clock)
  const stamp = clock.stamp()
  clock.ms += 3000
  const { nowMs, errorMs } = wall.map(stamp)
  t.ok(Math.abs(nowMs - 100) <= errorMs)
  t.ok(nowMs + errorMs >= clock.ms)
})

t.test('both clocks at one moment', async (t) => {
  const clock = new TwoClocks(100)
  // Each reading takes a moment, so that they are cut off by different parts of a millisecond.
  const nowMs = clock.nowMs.bind(clock)
  clock.nowMs = () => {
    clock.ms += 0.003
    return nowMs()
  }
  const both = new WallClock(clock).now()
  t.ok(
    Math.abs(both.wallMs - clock.aheadMs - both.nowMs) <= both.errorMs,
    `${both.wallMs - clock.aheadMs - both.nowMs} ms`,
  )
  t.ok(both.errorMs < 0.6)
})
