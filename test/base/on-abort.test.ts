import { getEventListeners } from 'node:events'
import t from 'tap'
import { systemClock } from '../../runner/base/clock.ts'
import { onAbort, unlessAborted } from '../../runner/base/on-abort.ts'

t.test('sixty that wait for one signal are no leak to Node, and all are told', async (t) => {
  const warnings: Error[] = []
  const note = (warning: Error) => warnings.push(warning)
  process.on('warning', note)
  t.teardown(() => process.off('warning', note))
  const controller = new AbortController()
  const reason = new Error('over')
  const sleeps = Array.from({ length: 60 }, () => systemClock.sleep(60_000, controller.signal))
  const ended = Promise.allSettled(sleeps)
  controller.abort(reason)
  for (const sleep of await ended) t.match(sleep, { status: 'rejected', reason })
  // Node tells of a warning in the next turn.
  await new Promise(setImmediate)
  t.strictSame(warnings, [])
})

t.test('each is told once, in order, and those that no longer wait are not', async (t) => {
  const controller = new AbortController()
  const told: string[] = []
  const tell = () => told.push('same')
  onAbort(controller.signal, tell)
  const cancel = onAbort(controller.signal, tell)
  onAbort(controller.signal, () => told.push('last'))
  cancel()
  controller.abort()
  t.strictSame(told, ['same', 'last'])
})

t.test('of a signal that has aborted, or of none, nobody is told', async (t) => {
  onAbort(AbortSignal.abort(), () => t.fail('it is over'))()
  onAbort(undefined, () => t.fail('there is none'))()
})

t.test('nothing is left once nobody waits', async (t) => {
  const { signal } = new AbortController()
  const cancels = [onAbort(signal, () => {}), onAbort(signal, () => {})]
  t.equal(getEventListeners(signal, 'abort').length, 1)
  for (const cancel of cancels) cancel()
  t.equal(getEventListeners(signal, 'abort').length, 0)
})

t.test('what is asked for is waited for until the signal aborts', async (t) => {
  const { signal } = new AbortController()
  t.equal(await unlessAborted(Promise.resolve(7), signal), 7)
  t.equal(await unlessAborted(Promise.resolve(8), undefined), 8)
  await t.rejects(unlessAborted(Promise.reject(new Error('it broke')), signal), { message: 'it broke' })
  t.equal(getEventListeners(signal, 'abort').length, 0, 'nothing is left')
  const reason = new Error('over')
  await t.rejects(unlessAborted(new Promise(() => {}), AbortSignal.abort(reason)), reason)
  const controller = new AbortController()
  const waited = unlessAborted(new Promise(() => {}), controller.signal)
  controller.abort(reason)
  await t.rejects(waited, reason)
})
