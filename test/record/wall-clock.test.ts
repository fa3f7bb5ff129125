import t from 'tap'
import { WallClock } from '../../runner/record/wall-clock.ts'
import { FakeClock } from '../support/fake-clock.ts'

/** A wall clock that gives whole milliseconds, as servers stamp their lines, and that can be set. */
class TwoClocks extends FakeClock {
  aheadMs = 1_000_000.4
  override wallMs(): number {
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

t.test('a wall clock that is set moves later lines with it, and the error tells of it once', async (t) => {
  const clock = new TwoClocks(100)
  const wall = new WallClock(clock)
  wall.map(clock.stamp())
  clock.ms += 10
  clock.aheadMs += 3600_000
  const jumped = wall.map(clock.stamp())
  t.ok(jumped.errorMs >= 3600_000, `± ${jumped.errorMs}`)
  clock.ms += 10
  const later = wall.map(clock.stamp())
  t.ok(Math.abs(later.nowMs - clock.ms) <= 1.5)
  t.ok(later.errorMs <= 1.5)
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
