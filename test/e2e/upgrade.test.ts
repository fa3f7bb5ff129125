import t, { type Test } from 'tap'
import { lastReport, reportsFolder, runCli } from '../support/cli.ts'
import { requireEngine } from '../support/docker.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

/** Node by node to the other version, by the command line of the documentation; what the report says of the nodes. */
async function upgrade(t: Test, platform: string, name: string) {
  const reports = reportsFolder(t)
  const versions = ['--from', 'redis:7.0', '--to', 'redis:8.0']
  const flags = ['--platform', platform, '--reports', reports, ...clusterFlags(await leaseCluster())]
  const { code, stdout, stderr } = await runCli(t, ['run', name, ...versions, ...flags])
  t.equal(code, 0, stdout + stderr)
  return { stdout, scenario: lastReport(reports).scenarios[0] }
}

const became = { server: /^redis 7\.0\./, later: [{ server: /^redis 8\.0\./ }] }

t.test('as processes, forward', { skip: skipWithoutRedis() }, async (t) => {
  const { stdout, scenario } = await upgrade(t, 'process', 'rolling-upgrade')
  t.match(scenario?.cluster?.nodes, [became, became])
  t.match(stdout, /redis 7\.0\.\d+ → redis 8\.0\.\d+ · process/)
  t.match(scenario?.steps.find(({ verb }) => verb === 'restart')?.proof, /runs redis 8\.0\./)
})

t.test('as processes, and back from half of the way', { skip: skipWithoutRedis() }, async (t) => {
  const { scenario } = await upgrade(t, 'process', 'rolling-rollback')
  t.match(scenario?.cluster?.nodes[0], { server: /^redis 7\.0\./, later: undefined })
  const refused = scenario?.steps.find(({ name }) => name.includes('refuses'))
  t.match(refused?.proof, /refused to start: process exited with code 1: "Can't handle RDB format version 12/)
})

t.test(
  'a downgrade that a server refuses has its own last words as the cause',
  { skip: skipWithoutRedis() },
  async (t) => {
    const reports = reportsFolder(t)
    const pairs = ['--upgrade', 'redis:7.0,redis:8.0', '--platform', 'process', '--reports', reports]
    const { code, stdout } = await runCli(t, [
      'run',
      'rolling-upgrade',
      ...pairs,
      ...clusterFlags(await leaseCluster()),
    ])
    t.equal(code, 1)
    t.match(
      stdout,
      /redis:7\.0 +redis:8\.0 +works\n +redis:8\.0 +redis:7\.0 +refuses +redis-node1 ended: process exited/,
    )
    const refused = lastReport(reports).scenarios[1]?.steps.find(({ verdict }) => verdict === 'failed')
    t.match(
      refused?.error?.cause,
      /^redis-node1 ended: process exited with code 1: "Can't handle RDB format version 12/,
    )
  },
)

t.test('on Docker, forward', async (t) => {
  if (!(await requireEngine(t))) return
  const { scenario } = await upgrade(t, 'docker', 'rolling-upgrade')
  t.match(scenario?.cluster?.nodes, [became, became])
})

t.test('on Docker, and back from half of the way', async (t) => {
  if (!(await requireEngine(t))) return
  const { scenario } = await upgrade(t, 'docker', 'rolling-rollback')
  const refused = scenario?.steps.find(({ name }) => name.includes('refuses'))
  t.match(refused?.proof, /refused to start: container exited with code 1: "Can't handle RDB format version 12/)
})
