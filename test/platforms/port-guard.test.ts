import { createServer } from 'node:net'
import t, { type Test } from 'tap'
import { isStranger, isSure, listenerAt } from '../../runner/platforms/port-guard.ts'

const skip = process.platform === 'linux' ? false : 'only Linux shows who listens'

async function listen(t: Test, host: string) {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const close = () => new Promise((resolve) => server.close(resolve))
  t.teardown(close)
  const address = server.address()
  return { port: typeof address === 'object' ? (address?.port ?? 0) : 0, close }
}

t.test('who listens is seen while they do', { skip }, async (t) => {
  const { port, close } = await listen(t, '127.0.0.1')
  const uid = process.getuid?.() ?? -1
  const seen = listenerAt('127.0.0.1', port)
  t.match(seen, { user: uid, inode: /^[1-9]\d*$/ })
  t.strictSame(listenerAt('127.0.0.1', port), seen, 'the same socket')
  t.equal(listenerAt('127.0.0.2', port), undefined, 'at that address')
  t.notOk(isStranger(seen, [uid]))
  t.ok(isStranger(seen, [uid + 1]))
  await close()
  t.equal(listenerAt('127.0.0.1', port), undefined)
})

t.test('also at all addresses', { skip }, async (t) => {
  const { port } = await listen(t, '0.0.0.0')
  t.match(listenerAt('127.0.0.1', port), { user: process.getuid?.() })
})

t.test('among many', { skip }, async (t) => {
  const servers = await Promise.all(Array.from({ length: 300 }, () => listen(t, '127.0.0.1')))
  const seen = servers.map(({ port }) => listenerAt('127.0.0.1', port))
  t.equal(new Set(seen.map((one) => (typeof one === 'object' ? one.inode : one))).size, 300)
})

t.test('a connection is sure where one socket listened before it was made and after', async (t) => {
  const guard = { users: [0] }
  const [one, other] = [
    { user: 0, inode: '1' },
    { user: 0, inode: '2' },
  ]
  t.ok(isSure(guard, one, one))
  t.notOk(isSure(guard, one, other))
  t.notOk(isSure(guard, undefined, one))
  t.notOk(isSure(guard, undefined, undefined), 'whoever accepted it no longer listens')
  t.ok(isSure({ ...guard, redirected: true }, undefined, undefined), 'the kernel leads it on')
  t.notOk(isSure({ ...guard, redirected: true }, one, undefined))
  t.ok(isSure(guard, 'unseen', 'unseen'), 'where nobody can see it')
})
