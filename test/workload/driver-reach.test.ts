import path from 'node:path'
import t from 'tap'

/** Of drivers, which are JavaScript with lock files of their own: no part of the program that is compiled. */
const file = path.join(import.meta.dirname, '../../clients/serve.mjs')
const { reachOf }: { reachOf(nodes: readonly object[], host: string, port: string): object | undefined } = await import(
  file
)

const OUTSIDE = [{ name: 'redis-node0', host: 'localhost', port: 7010, peer: { host: '172.20.0.2', port: 7010 } }]
const INSIDE = [{ name: 'redis-node0', host: '172.20.0.2', port: 7010, peer: { host: '172.20.0.2', port: 7010 } }]

t.test('a driver on this machine reaches a node where its port is published, whatever address it has', async (t) => {
  t.same(reachOf(OUTSIDE, '172.20.0.2', '7010'), { host: 'localhost', port: 7010 })
  t.same(reachOf(OUTSIDE, '172.20.127.255', '7010'), { host: 'localhost', port: 7010 })
  t.equal(reachOf(OUTSIDE, 'localhost', '7010'), undefined, 'a name is taken as it is')
})

t.test('a driver on the network of the nodes takes addresses as they are, also of a node that has moved', async (t) => {
  t.equal(reachOf(INSIDE, '172.20.0.2', '7010'), undefined)
  t.equal(reachOf(INSIDE, '172.20.127.255', '7010'), undefined)
})
