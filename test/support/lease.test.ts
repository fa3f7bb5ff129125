import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import t from 'tap'
import { type Lease, leaseCluster } from './lease.ts'

const PROGRAM = new URL('./lease.ts', import.meta.url).href
const SOURCE = `
import { leaseCluster } from '${PROGRAM}'
for (let taken = 0; taken < 5; taken += 1) process.send(await leaseCluster())
setInterval(() => {}, 1000)
`

t.test('leases of several processes share no port and no name', async (t) => {
  const folder = t.testdir({ 'lease.mjs': SOURCE })
  const children = [1, 2, 3].map(() => fork(`${folder}/lease.mjs`, { execArgv: ['--import', 'tsx'] }))
  t.teardown(() => {
    for (const child of children) child.kill('SIGKILL')
  })
  const theirs = await Promise.all(
    children.map(async (child) => {
      const leases: Lease[] = []
      child.on('message', (lease) => leases.push(lease as Lease))
      while (leases.length < 5) await once(child, 'message')
      return leases
    }),
  )
  const all = [...theirs.flat(), await leaseCluster(), await leaseCluster()]
  t.equal(new Set(all.map(({ portBase }) => portBase)).size, 17)
  t.equal(new Set(all.map(({ namePrefix }) => namePrefix)).size, 17)
  for (const { portBase } of all) t.ok(portBase % 20 === 0 && portBase >= 12_000 && portBase < 20_000, `${portBase}`)
})

t.test('ports at which something listens are passed over', async (t) => {
  const { portBase } = await leaseCluster()
  const server = createServer()
  t.teardown(() => server.close())
  // The next lease that this process tries.
  await new Promise<void>((resolve) => server.listen(portBase + 25, '127.0.0.1', resolve))
  const next = await leaseCluster()
  t.notOk(next.portBase <= portBase + 25 && portBase + 25 < next.portBase + 20)
})
