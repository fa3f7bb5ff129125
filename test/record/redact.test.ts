import t from 'tap'
import { redactor, secretsAmong } from '../../runner/record/redact.ts'

t.test('secrets are hidden in strings at any depth, not in keys or other values', async (t) => {
  const redact = redactor(['ericsdad'])
  const value = { ericsdad: 1, list: ['auth ericsdad failed', { deep: 'xericsdadx' }], port: 7010, none: null }
  t.strictSame(redact(value), { ericsdad: 1, list: ['auth *** failed', { deep: 'x***x' }], port: 7010, none: null })
})

t.test('spellings of a secret in JSON and in a URL', async (t) => {
  const secret = 'p"a\\s s'
  const seen = [JSON.stringify({ requirepass: secret }), `redis://:${encodeURIComponent(secret)}@localhost`]
  t.strictSame(redactor([secret])(seen), ['{"requirepass":"***"}', 'redis://:***@localhost'])
})

t.test('a secret inside another secret leaves no rest', async (t) => {
  t.equal(redactor(['abc', 'abcdef'])('x abcdef y abc'), 'x *** y ***')
})

t.test('no secrets, and empty ones, change nothing', async (t) => {
  t.equal(redactor(['', ''])('some text'), 'some text')
  t.equal(redactor([])('some text'), 'some text')
})

t.test('what has no JSON of its own', async (t) => {
  const value: unknown = redactor(['7'])({ big: 17n, gone: undefined, when: new Date(0) })
  t.strictSame(value, { big: '1***', when: '19***0-01-01T00:00:00.000Z' })
})

t.test('params whose names tell a secret', async (t) => {
  t.strictSame(
    secretsAmong({ api_token: 'tok-1234', dbPassword: 'hunter22', keys: 1000, secret: 'abc', name: 'anna' }),
    ['tok-1234', 'hunter22'],
  )
})
