import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { systemClock } from '../../runner/base/clock.ts'
import { whileLocked } from '../../runner/base/file-lock.ts'

t.test('one at a time, and nothing is left of the lock', async (t) => {
  const file = path.join(t.testdir(), 'some.json')
  let isBusy = false
  const work = () => {
    t.notOk(isBusy)
    isBusy = true
    t.ok(existsSync(`${file}.lock`))
    isBusy = false
    return 'done'
  }
  t.strictSame(await Promise.all([1, 2, 3].map(() => whileLocked(file, work, systemClock))), ['done', 'done', 'done'])
  const failing = () => {
    throw new Error('no')
  }
  await t.rejects(whileLocked(file, failing, systemClock), { message: 'no' })
  t.strictSame(readdirSync(path.dirname(file)), [])
})

t.test('a lock that is held is waited for, one that was abandoned is not, and the wait has an end', async (t) => {
  const file = path.join(t.testdir(), 'some.json')
  const lock = `${file}.lock`
  writeFileSync(lock, '')
  let waited = 0
  const clock = { ...systemClock, nowMs: () => waited, wallMs: () => Date.now() }
  const sleep = async () => {
    waited += 1000
  }
  await t.rejects(
    whileLocked(file, () => t.fail('somebody holds it'), { ...clock, sleep }),
    {
      name: 'SurroundingsError',
      message: /another program has held .*some\.json\.lock for 90 s: remove it if there is none/,
    },
  )
  t.ok(existsSync(lock))
  const minutesAgo = Date.now() / 1000 - 120
  utimesSync(lock, minutesAgo, minutesAgo)
  t.equal(await whileLocked(file, () => 'done', { ...clock, sleep }), 'done')
  t.notOk(existsSync(lock))
})
