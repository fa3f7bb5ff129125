import t, { type Test } from 'tap'
import { startCli, testScenario } from '../support/cli.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'
import { pidAt } from '../support/server-process.ts'

const skip = skipWithoutRedis()

/** Crashes the last of six servers once they have met, while the cluster is not healthy yet. */
async function crashWhileForming(t: Test, command: string, ...args: string[]) {
  const lease = await leaseCluster()
  const cli = startCli(t, [command, ...args, '--platform', 'process', ...clusterFlags(lease)])
  await cli.until('assigning replicas and waiting for the cluster to be healthy')
  process.kill(pidAt(lease.portBase + 5), 'SIGSEGV')
  return { lease, ...(await cli.ended) }
}

const ENDED =
  /redis-node5 ended while the cluster was being formed: process was killed by SIGSEGV[^"]*"Redis \S+ crashed by signal: 11/

t.test('a run whose server ends while its cluster is formed says so at once', { skip }, async (t) => {
  const { code, stdout, stderr } = await crashWhileForming(
    t,
    'run',
    testScenario('long-wait'),
    '--reports',
    t.testdir(),
  )
  t.equal(code, 1, stdout + stderr)
  t.match(stdout, ENDED)
})

t.test('so does `cluster up`', { skip }, async (t) => {
  const { lease, code, stderr } = await crashWhileForming(t, 'cluster', 'up')
  const clean = startCli(t, ['cluster', 'clean', '--platform', 'process', ...clusterFlags(lease)])
  t.equal((await clean.ended).code, 0)
  t.equal(code, 3, stderr)
  t.match(stderr, ENDED)
})
