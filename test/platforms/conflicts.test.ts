import { createServer } from 'node:net'
import type { ContainerInfo } from 'dockerode'
import t from 'tap'
import { conflictError } from '../../runner/platforms/conflicts.ts'
import { findConflicts } from '../../runner/platforms/docker/conflicts.ts'
import { leasePort } from '../support/lease.ts'

function container(name: string, image: string, labels: Record<string, string>, publicPort?: number): ContainerInfo {
  const Ports = publicPort ? [{ IP: '127.0.0.1', PrivatePort: publicPort, PublicPort: publicPort, Type: 'tcp' }] : []
  return { Id: `id-of-${name}`, Names: [`/${name}`], Image: image, Labels: labels, Ports } as unknown as ContainerInfo
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
  const containers = [0, 1].map((index) => container(`n${index}`, 'redis-cluster:redis-7.0', labels, port + index))
  const wanted = [0, 1].map((index) => ({ name: `n${index}`, port: port + index }))
  const error = conflictError(await findConflicts(wanted, containers))
  t.equal(
    error.message,
    `names n0, n1 and ports ${port}, ${port + 1} are taken by npm run cluster (run cluster-1, containers of image redis-cluster:redis-7.0); nothing was touched`,
  )
  t.match(error.hint, '--port-base')
  t.match(error.hint, '--name-prefix')
  t.match(error.hint, 'npm run cluster clean')
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
