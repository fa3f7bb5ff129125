import t from 'tap'
import { startCli } from '../support/cli.ts'
import { clusterFlags, type Lease, leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

/** 40 ports in a row: two leases of 20 that lie side by side. */
async function leaseForty(): Promise<Lease> {
  const taken: Lease[] = []
  for (;;) {
    const lease = await leaseCluster()
    const below = taken.find(({ portBase }) => portBase + 20 === lease.portBase)
    if (below !== undefined) return below
    taken.push(lease)
  }
}

t.test('20 masters with a replica each are formed on this machine, and go', { skip: skipWithoutRedis() }, async (t) => {
  const flags = ['--platform', 'process', ...clusterFlags(await leaseForty())]
  const up = await startCli(t, ['cluster', 'up', '--shards', '20', '--replicas', '1', ...flags]).ended
  t.teardown(async () => await startCli(t, ['cluster', 'clean', ...flags]).ended)
  t.equal(up.code, 0, up.stderr)
  const { code, stdout } = await startCli(t, ['cluster', 'status', ...flags]).ended
  t.equal(code, 0, stdout)
  t.match(stdout, /healthy/)
  t.equal(stdout.match(/\bmaster\b/g)?.length, 20, stdout)
  t.equal(stdout.match(/\breplica\b/g)?.length, 20, stdout)
})
