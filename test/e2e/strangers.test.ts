import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { reportsFolder, startCli } from '../support/cli.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'
import { skipWithoutRoot, startSquatter } from '../support/squatter.ts'

/** A replica that looks for its master waits for the answer to this before it logs in. */
const FROM_A_REPLICA = '*1\r\n$4\r\nPING\r\n'

const skip = skipWithoutRoot() || skipWithoutRedis()

for (const load of [
  '{ type: register, rate: 200/s, clients: 4 }',
  '{ type: pubsub, rate: 200/s, clients: 4 }',
  '{ type: register, client: ioredis, rate: 200/s, clients: 4 }',
]) {
  t.test(`on the port of a stopped server, with ${load}`, { skip }, async (t) => {
    const reports = reportsFolder(t)
    const scenario = join(reports, 'squat.yaml')
    const text = `title: t
cluster: { shards: 3, replicas: 1 }
workloads: { load: ${load} }
steps:
  - wait: 500ms
  - kill: redis-node0
  - wait: 4s
`
    writeFileSync(scenario, text)
    const lease = await leaseCluster()
    const squatter = startSquatter(t, lease.portBase)
    const flags = ['--platform', 'process', '--reports', reports, ...clusterFlags(lease)]
    const run = startCli(t, ['run', scenario, ...flags], { REDIS_CHAOS_PASSWORD: 'spoken-to-servers' })
    const { code, stdout } = await run.ended
    const heard = squatter.heard().replaceAll(FROM_A_REPLICA, '')
    t.equal(heard, '', 'not a byte was said to it by the runner or a workload')
    t.equal(code, 3, stdout)
    t.match(stdout, `port ${lease.portBase} is held by process ${squatter.pid} (node) of another user`)
  })
}
