import t, { type Test } from 'tap'
import { lastReport, reportsFolder, runCli } from '../support/cli.ts'
import { requireEngine } from '../support/docker.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

const VERSIONS = ['--from', 'redis:7.0', '--to', 'redis:8.0']

/** Plays an upgrade by the command line of the documentation. */
async function play(t: Test, platform: string, name: string, versions = VERSIONS) {
  const reports = reportsFolder(t)
  const flags = ['--platform', platform, '--reports', reports, ...clusterFlags(await leaseCluster())]
  const { code, stdout, stderr } = await runCli(t, ['run', name, ...versions, ...flags])
  return { code, stdout, output: stdout + stderr, scenarios: lastReport(reports).scenarios }
}

/** The same for one that works; what the report says of it. */
async function upgrade(t: Test, ...what: [platform: string, name: string, versions?: string[]]) {
  const { code, output, scenarios } = await play(t, ...what)
  t.equal(code, 0, output)
  return scenarios[0]
}

const became = { server: /^redis 7\.0\./, later: [{ server: /^redis 8\.0\./ }] }
const real = { skip: skipWithoutRedis() }

t.test('as processes, forward, and the other way refused in the words of the server', real, async (t) => {
  const pairs = ['--upgrade', 'redis:7.0,redis:8.0']
  const { code, stdout, scenarios } = await play(t, 'process', 'rolling-upgrade', pairs)
  t.equal(code, 1)
  const [forward, back] = scenarios
  t.match(forward?.cluster?.nodes, [became, became])
  t.match(stdout, /redis 7\.0\.\d+ → redis 8\.0\.\d+ · process/)
  t.match(forward?.steps.find(({ verb }) => verb === 'restart')?.proof, /runs redis 8\.0\./)
  t.match(stdout, /redis:7\.0 +redis:8\.0 +works\n +redis:8\.0 +redis:7\.0 +refuses +redis-node1 ended: process/)
  const refused = back?.steps.find(({ verdict }) => verdict === 'failed')
  t.match(refused?.error?.cause, /^redis-node1 ended: process exited with code 1: "Can't handle RDB format version 12/)
})

t.test('as processes, from a version that reads no packet with a hostname', real, async (t) => {
  await upgrade(t, 'process', 'rolling-upgrade', ['--from', 'redis:6.0', '--to', 'redis:7.0'])
})

t.test('as processes, and back from half of the way', real, async (t) => {
  const scenario = await upgrade(t, 'process', 'rolling-rollback')
  t.match(scenario?.cluster?.nodes[0], { server: /^redis 7\.0\./, later: undefined })
  const refused = scenario?.steps.find(({ name }) => name.includes('refuses'))
  t.match(refused?.proof, /refused to start: process exited with code 1: "Can't handle RDB format version 12/)
})

t.test('on Docker, forward', async (t) => {
  if (!(await requireEngine(t))) return
  const scenario = await upgrade(t, 'docker', 'rolling-upgrade')
  t.match(scenario?.cluster?.nodes, [became, became])
})

t.test('on Docker, and back from half of the way', async (t) => {
  if (!(await requireEngine(t))) return
  const scenario = await upgrade(t, 'docker', 'rolling-rollback')
  const refused = scenario?.steps.find(({ name }) => name.includes('refuses'))
  t.match(refused?.proof, /refused to start: container exited with code 1: "Can't handle RDB format version 12/)
})
