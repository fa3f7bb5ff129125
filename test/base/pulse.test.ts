import t from 'tap'
import { Pulse, STALL_MS, stoodStillMs } from '../../runner/base/pulse.ts'

/** A pulse whose heart is the test: looking at it is its only beat. */
function pulseAt(startMs: number) {
  const clock = { ms: startMs }
  const pulse = new Pulse(() => clock.ms)
  pulse.ranMs()
  return { clock, pulse }
}

t.test('a thread that stood still did not run meanwhile', async (t) => {
  const { clock, pulse } = pulseAt(1000)
  clock.ms += 12_000
  t.equal(pulse.ranMs(), 1000, 'whoever asks first learns of it')
  t.strictSame(pulse.stallsSince(0), [{ fromMs: 1000, toMs: 13_000 }])
  clock.ms += 40
  t.equal(pulse.ranMs(), 1040)
})

t.test('what delays a beat on a loaded machine is no stall', async (t) => {
  const { clock, pulse } = pulseAt(0)
  clock.ms += STALL_MS - 1
  t.equal(pulse.ranMs(), STALL_MS - 1)
  t.strictSame(pulse.stallsSince(0), [])
})

t.test('stalls are told by when they ended', async (t) => {
  const { clock, pulse } = pulseAt(0)
  clock.ms = 2000
  pulse.ranMs()
  clock.ms = 5000
  t.strictSame(pulse.stallsSince(2000), [{ fromMs: 2000, toMs: 5000 }])
  t.strictSame(pulse.stallsSince(5000), [])
})

t.test('the part of a span in which a thread stood still', async (t) => {
  const stalls = [
    { fromMs: 0, toMs: 1000 },
    { fromMs: 4000, toMs: 6000 },
  ]
  t.equal(stoodStillMs(stalls, 500, 5000), 1500)
  t.equal(stoodStillMs(stalls, 1000, 4000), 0)
})
