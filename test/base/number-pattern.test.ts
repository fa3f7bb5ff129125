import fc from 'fast-check'
import t from 'tap'
import { notZero, numberUpTo, wholeUpTo } from '../../runner/base/number-pattern.ts'

const whole = (pattern: string) => new RegExp(`^${pattern}$`)

t.test('a pattern matches the numbers up to its bound, and no others', async (t) => {
  fc.assert(
    fc.property(fc.nat(20_000), fc.nat(40_000), fc.constantFrom('', '0', '00'), (most, number, zeros) => {
      const text = `${zeros}${number}`
      const fits = number <= most
      return (
        whole(wholeUpTo(most)).test(text) === fits &&
        whole(numberUpTo(most)).test(text) === fits &&
        whole(numberUpTo(most)).test(`${text}.25`) === number < most &&
        whole(numberUpTo(most)).test(`${text}.0`) === fits
      )
    }),
    { examples: [[0, 0, '']] },
  )
  for (const text of ['', '-1', '1e3', '.5', '1.', '1.2.3']) t.notOk(whole(numberUpTo(9000)).test(text), text)
})

t.test('zero can be left out, however it is written', async (t) => {
  const share = whole(`${notZero('%')}${numberUpTo(100)}%`)
  for (const text of ['0%', '00%', '0.0%', '100.1%']) t.notOk(share.test(text), text)
  for (const text of ['0.1%', '5%', '100%', '100.0%', '005%']) t.ok(share.test(text), text)
})
