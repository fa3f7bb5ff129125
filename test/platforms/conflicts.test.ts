import { createServer } from 'node:net'
import type { ContainerInfo } from 'dockerode'
import t from 'tap'
import { conflictError } from '../../runner/platforms/conflicts.ts'
import { findConflicts } from '../../runner/platforms/docker/conflicts.ts'
import { nodeLabels } from '../../runner/platforms/docker/labels.ts'
import { leasePort } from '../support/lease.ts'

function container(name: string, image: string, labels: Record<string, string>, publicPort?: number): ContainerInfo {
  const Ports = publicPort ? [{ IP: '127.0.0.1', PrivatePort: publicPort, PublicPort: publicPort, Type: 'tcp' }] : []
  const Created = Date.parse('2026-11-29T13:05:30Z') / 1000
  const found = { Id: `id-of-${name}`, Names: [`/${name}`], Image: image, Labels: labels, Ports, Created }
  return found as unknown as ContainerInfo
}

t.test('a foreign container that has a name', async (t) => {
  const conflicts = await findConflicts(
    [{ name: 'h1-a0', port: await leasePort() }],
    [container('h1-a0', 'nginx:1', {})],
  )
  const error = conflictError(conflicts)
  t.equal(
    error.message,
    'name h1-a0 is taken by container h1-a0 (image nginx:1), which this runner did not make; nothing was touched',
  )
  t.equal(error.hint, 'choose other names with `--name-prefix`')
})

t.test('a cluster that is up', async (t) => {
  const labels = { 'redis-chaos.run': 'cluster-1', 'redis-chaos.purpose': 'npm run cluster' }
  const port = await leasePort()
  const containers = [0, 1].map((index) => {
    const node = { index, serverName: `n${index}`, host: 'localhost', port: port + index, peerPort: 6379 }
    const own = nodeLabels({ ...node, name: `redis-node${index}`, peerHost: '172.18.0.2', machine: 'm' })
    return container(`n${index}`, 'redis-cluster:redis-7.0', { ...labels, ...own }, port + index)
  })
  const wanted = [0, 1].map((index) => ({ name: `n${index}`, port: port + index }))
  const error = conflictError(await findConflicts(wanted, containers))
  t.equal(
    error.message,
    `names n0, n1 and ports ${port}, ${port + 1} are taken by npm run cluster (run cluster-1, made elsewhere, since 2026-11-29 13:05 UTC, containers, ports ${port}-${port + 1}); nothing was touched`,
  )
  t.match(error.hint, '--port-base')
  t.match(error.hint, '--name-prefix')
  t.match(error.hint, '`npm run cluster clean -- --run cluster-1`')
})

t.test('a program that has a port, on either loopback address', async (t) => {
  const port = await leasePort()
  for (const host of ['127.0.0.1', '::1', '0.0.0.0']) {
    const server = createServer()
    const listening = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, host, () => resolve(true))
    })
    if (!listening) {
      t.comment(`no ${host} here`)
      continue
    }
    const conflicts = await findConflicts([{ name: 'h1-a0', port }], [])
    await new Promise((resolve) => server.close(resolve))
    t.equal(conflicts.length, 1, host)
    const held = process.platform === 'linux' ? new RegExp(`process ${process.pid} \\(\\S+\\)`) : /another program/
    t.match(conflictError(conflicts).message, held, host)
    t.equal(conflictError(conflicts).hint, 'choose other ports with `--port-base`')
  }
})

t.test('nothing is taken', async (t) => {
  const port = await leasePort()
  t.same(await findConflicts([{ name: 'h1-a0', port }], [container('other', 'x', {}, port + 1)]), [])
})
