import t, { type Test } from 'tap'
import type { ScenarioReport } from '../../runner/results/report-model.ts'
import { lastReport, reportsFolder, startCli, testScenario } from '../support/cli.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

/** What the limits of a scenario with planted drivers came to, by workload and check. */
async function judged(t: Test, scenario: string): Promise<(on: string, name: string) => string> {
  const reports = reportsFolder(t)
  const where = ['--platform', 'process', ...clusterFlags(await leaseCluster()), '--reports', reports]
  const cli = startCli(t, ['run', testScenario(scenario), '--allow', 'commands', ...where])
  const { code, stdout, stderr } = await cli.ended
  const [played] = lastReport(reports).scenarios as ScenarioReport[]
  t.equal(code, 1, `${stdout}${stderr}`)
  t.strictSame(
    played?.steps.filter(({ verdict }) => verdict !== 'passed'),
    [],
    'only clients are at fault',
  )
  return (on, name) => {
    const check = played?.checks.find((one) => one.on === on && one.name === name)
    return check ? `${check.verdict}: ${check.explanation}` : `no ${name} of ${on}`
  }
}

t.test('a check finds each fault of a client, and says what it is', { skip: skipWithoutRedis() }, async (t) => {
  const of = await judged(t, 'planted-drivers')
  for (const name of ['client_outage', 'recovery_after_server', 'errors_after_recovery', 'stuck_clients'])
    t.match(of('honest', name), /^passed/, `${name} of the honest one`)
  for (const name of ['connections_leaked', 'stale_reads']) t.match(of('honest', name), /^passed/, name)
  t.match(of('swallows', 'lost_writes'), /^failed.*acknowledged while the servers refused every write/)
  t.match(of('retries', 'duplicates'), /^failed.*stands in .* 2 times/)
  t.match(of('caches', 'stale_reads'), /^failed.*answers from something it keeps, as a cache/)
  t.match(of('stays', 'client_outage'), /^failed: The longest was that of client \d/)
  t.match(of('stays', 'recovery_after_server'), /^failed.*was served again .* after the servers/)
  t.match(of('stays', 'errors_after_recovery'), /^failed.*began more than 8\.00 s after their servers were back failed/)
  t.match(of('loses', 'lost_writes'), /^failed.*calls carried out what never reached a server/)
  t.match(of('leaks', 'connections_leaked'), /^failed.*more than at the start were open at the end/)
})

t.test('connections of applications', { skip: skipWithoutRedis() }, async (t) => {
  const of = await judged(t, 'planted-apps')
  t.match(of('honest', 'connections_leaked'), /^passed/)
  t.match(of('honest', 'reconnects'), /^passed: \d+ connections? took the place of others/)
  t.match(of('leaks', 'connections_leaked'), /^failed.*redis-node0 had \d+ at the end and \d+ at the start/)
  t.match(of('stranger', 'connections_leaked'), /^inconclusive: No server had a connection of the user.*REDIS_USERNAME/)
})

t.test('a client that hangs for ever on a silent peer', { skip: skipWithoutRedis() }, async (t) => {
  const of = await judged(t, 'planted-hang')
  t.match(of('honest', 'stuck_clients'), /^passed/)
  t.match(
    of('hangs', 'stuck_clients'),
    /^failed: \d of 4 clients had an operation that was never ended: client \d since/,
  )
})
