import t from 'tap'
import { abortAfterRunning, afterRunning, isOverWithin } from '../../runner/base/time-limit.ts'

t.test('a limit that a stall used up is given again', async (t) => {
  // Every time it is asked before the stall is over, the thread has run for no time at all.
  const ran = [0, 0, 0, 20]
  let asked = 0
  await new Promise<void>((resolve) => {
    afterRunning(5, resolve, () => {
      asked += 1
      return ran.shift() ?? 20
    })
  })
  t.equal(asked, 4, 'it looked again each time that the timer went')
})

t.test('an answer that comes with the end of a stall is taken', async (t) => {
  let ranMs = 0
  const outcome = await new Promise((resolve) => {
    const cancel = afterRunning(
      5,
      () => resolve('late'),
      () => ranMs,
    )
    // Behind the first timer, as what is read from a socket in the same turn.
    setTimeout(() => {
      ranMs = 10
      cancel()
      resolve('answered')
    }, 6)
  })
  t.equal(outcome, 'answered')
})

t.test('what is taken back never comes', async (t) => {
  let over = false
  afterRunning(1, () => {
    over = true
  })()
  await new Promise<void>((resolve) => afterRunning(10, resolve))
  t.notOk(over)
})

t.test('a signal aborts with a TimeoutError', async (t) => {
  const signal = abortAfterRunning(1)
  const alive = setInterval(() => undefined, 1000)
  await new Promise((resolve) => signal.addEventListener('abort', resolve))
  clearInterval(alive)
  t.match(signal.reason, { name: 'TimeoutError' })
})

t.test('a signal that nobody needs any more does not keep the program alive', async (t) => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  abortAfterRunning(60_000)
  t.equal(timers(), before)
})

t.test('whether something is over within a limit', async (t) => {
  t.equal(await isOverWithin(Promise.resolve(), 60_000), true, 'and no timer is left')
  t.equal(await isOverWithin(new Promise(() => undefined), 5), false)
})
