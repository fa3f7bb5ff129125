import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { NodeClient } from '../../runner/cluster/node-client.ts'
import { startFakeServer } from '../support/fake-server.ts'

const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

t.test('a connection that its server has closed keeps no program alive', async (t) => {
  const server = await startFakeServer()
  const client = new NodeClient({ name: 'n', host: '127.0.0.1', port: server.port, password: '' })
  t.equal(await client.call('PING'), 'PONG')
  await server.close()
  await sleep(50)
  const before = timers()
  client.close()
  t.equal(timers(), before, 'no timer waits for an end that was there already')
})
