import t from 'tap'
import { flakyOf } from '../../../runner/checks/nights/flaky.ts'

const KEY = { scenario: 'a', server: 'redis:7.0', platform: 'process' }

/** A night for each word: `5/0` is five that passed and none that failed. */
function flaky(...words: string[]) {
  const nights = words.map((word) => {
    const [passed = 0, failed = 0] = word.split('/').map(Number)
    return { passed, failed }
  })
  return flakyOf([{ ...KEY, nights }])
}

t.test('repeats that disagree tonight are enough', async (t) => {
  t.match(flaky('5/0', '4/1'), [{ isTonight: true, failed: 1, played: 10, nights: 1 }])
})

t.test('nights count together: single plays that fail now and then', async (t) => {
  t.match(flaky('1/0', '0/1', '1/0', '0/1', '1/0'), [{ isTonight: false, failed: 2, played: 5, nights: 2 }])
  t.match(flaky('5/0', '4/1', '5/0', '4/1', '5/0'), [{ isTonight: false, failed: 2, played: 25, nights: 2 }])
})

t.test('what fails for good is broken, what failed once is forgiven, what was not played is not told of', async (t) => {
  t.strictSame(flaky('5/0', '5/0', '0/5'), [])
  t.strictSame(flaky('5/0', '0/5', '0/5'), [])
  t.strictSame(flaky('5/0', '0/5', '5/0'), [])
  t.strictSame(flaky('4/1', '4/1', '0/0'), [])
  t.strictSame(flaky(), [])
})
