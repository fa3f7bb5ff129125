import t from 'tap'
import { findClient } from '../../runner/workload/drivers/installed.ts'
import { clientNames, manifestOf } from '../../runner/workload/drivers/registry.ts'
import { lastReport, reportsFolder, runCli, testScenario } from '../support/cli.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

const CLIENTS = ['ioredis', ...clientNames()]

/** Why it cannot be played with here; undefined if it can, or must. */
async function whyNot(name: string): Promise<string | undefined> {
  if (name === 'ioredis' || process.env.REQUIRE_CLIENTS === '1' || (await findClient(name))) return undefined
  return `${name} is not installed: ${manifestOf(name).byHand ?? `npm run client ${name}`}`
}

t.test('clients go through the death of a master', { skip: skipWithoutRedis() }, async (t) => {
  const missing = new Map<string, string>()
  for (const name of CLIENTS) {
    const why = await whyNot(name)
    if (why !== undefined) missing.set(name, why)
  }
  const here = CLIENTS.filter((name) => !missing.has(name))
  const reports = reportsFolder(t)
  const lease = await leaseCluster()
  const where = ['--platform', 'process', ...clusterFlags(lease), '--reports', reports]
  const args = ['run', testScenario('client-through-kill'), '--client', here.join(','), ...where]
  const { code, stdout, stderr } = await runCli(t, args)
  t.equal(code, 0, stdout + stderr)
  const { scenarios } = lastReport(reports)
  for (const name of CLIENTS) {
    await t.test(name, { skip: missing.get(name) ?? false }, async (t) => {
      const played = scenarios.find(({ client }) => client === name)
      t.equal(played?.verdict, 'passed', played?.reason ?? 'it was played')
      const [summary] = played?.clients ?? []
      t.match(summary, { workload: 'app', client: name, version: /^\d+\.\d+/ })
      t.ok((summary?.clientOutage.amount ?? 0) > 0, `its outage was ${summary?.clientOutage.text}`)
      t.ok(stdout.includes(name), 'it is in the table')
    })
  }
})
