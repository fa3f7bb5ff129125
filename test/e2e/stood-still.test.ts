import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { NodeClient } from '../../runner/cluster/node-client.ts'
import { readEvents } from '../../runner/record/event-log.ts'
import type { ScenarioReport } from '../../runner/results/report-model.ts'
import { filesWith, lastReport, type RunningCli, reportsFolder, startCli, testScenario } from '../support/cli.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

/** The program playing a scenario on processes, and connections to its servers. */
async function start(t: Test, scenario: string) {
  const reports = reportsFolder(t)
  const lease = await leaseCluster()
  const where = ['--platform', 'process', ...clusterFlags(lease), '--reports', reports]
  const cli = startCli(t, ['run', testScenario(scenario), ...where])
  const node = (index: number) => {
    const client = new NodeClient({
      name: `redis-node${index}`,
      host: '127.0.0.1',
      port: lease.portBase + index,
      password: 'ericsdad',
    })
    t.teardown(() => client.close())
    return client
  }
  return { cli, node, reports }
}

async function processOf(node: NodeClient): Promise<number> {
  return Number(/process_id:(\d+)/.exec(String(await node.call('INFO', 'server')))?.[1])
}

function signal(pids: readonly number[], name: 'SIGSTOP' | 'SIGCONT'): void {
  for (const pid of pids) process.kill(pid, name)
}

/** What the run made of it; it must have ended by itself. */
async function ended(cli: RunningCli, reports: string) {
  const { code, stdout } = await cli.ended
  const scenario = lastReport(reports).scenarios[0] as ScenarioReport
  const events = readEvents(path.join(reports, 'latest', 'events.jsonl'))
  return { code, stdout, scenario, stalls: events.filter((event) => event.type === 'stall-seen') }
}

/** In the big write, and in the wait. */
const MOMENTS = ['✔ 1 write', '✔ 3 verify']

for (const stallMs of [3000, 8000]) {
  for (const who of ['runner', 'machine'] as const) {
    t.test(`the ${who} stands still for ${stallMs / 1000} s`, { skip: skipWithoutRedis() }, async (t) => {
      const { cli, node, reports } = await start(t, 'stood-still')
      await cli.until('cluster ready')
      // A run that stood still for most of its time is no evidence at all: the audit says so.
      const moments = stallMs === 3000 ? MOMENTS : MOMENTS.filter((_, index) => (index === 0) === (who === 'runner'))
      const servers =
        who === 'runner' ? [] : await Promise.all([0, 1, 2, 3, 4, 5].map((index) => processOf(node(index))))
      const pids = [cli.child.pid ?? 0, ...servers]
      for (const moment of moments) {
        await cli.until(moment)
        signal(pids, 'SIGSTOP')
        // Not to wait for something: this is how long they stand still.
        await sleep(stallMs)
        signal(pids, 'SIGCONT')
      }
      const { code, stdout, scenario, stalls } = await ended(cli, reports)
      const outage = scenario.checks.find(({ name }) => name === 'longest_outage')
      const told = stalls.filter((stall) => stall.who === 'runner' && stall.toMs - stall.fromMs >= stallMs)
      t.equal(told.length, moments.length, 'each stall is in the record')
      t.notOk(told.some(({ servers }) => servers === (who === 'runner' ? 'stood-still' : 'ran')))
      const unknown = who === 'runner' && stallMs > 5000
      if (unknown) t.match(outage?.explanation, /the load stood still with this runner for 8\.\d+ s/)
      t.equal(outage?.verdict, unknown ? 'inconclusive' : 'passed', outage?.explanation ?? '')
      t.equal(code, unknown ? 3 : 0, stdout)
      for (const step of scenario.steps) t.equal(step.verdict, 'passed', step.name)
    })
  }
}

t.test('a failover while the runner stands still', { skip: skipWithoutRedis() }, async (t) => {
  const { cli, reports } = await start(t, 'stood-still-outage')
  await cli.until('✔ 2 kill')
  signal([cli.child.pid ?? 0], 'SIGSTOP')
  // Longer than clients may be refused by the settings, 5.5 s; the replica takes over meanwhile.
  await sleep(6000)
  signal([cli.child.pid ?? 0], 'SIGCONT')
  const { code, stdout, scenario } = await ended(cli, reports)
  t.equal(code, 3, stdout)
  for (const step of scenario.steps) t.equal(step.verdict, 'passed', step.name)
  const verdicts = Object.fromEntries(scenario.checks.map(({ name, verdict }) => [name, verdict]))
  t.match(verdicts, { detection: 'passed', election: 'passed' }, 'the servers logged it')
  for (const name of ['client_outage', 'longest_outage']) {
    const { verdict, explanation } = scenario.checks.find((one) => one.name === name) ?? {}
    t.match({ verdict, explanation }, { verdict: 'inconclusive', explanation: /stood still|does not tell/ }, name)
  }
})

t.test('a role that changes there and back while the runner stands still', { skip: skipWithoutRedis() }, async (t) => {
  const { cli, node, reports } = await start(t, 'stood-still-hold')
  await cli.until('✔ 1 write')
  const [master, replica] = [node(0), node(1)]
  await firstLook(reports)
  signal([cli.child.pid ?? 0], 'SIGSTOP')
  await takeOver(replica, master)
  await takeOver(master, replica)
  signal([cli.child.pid ?? 0], 'SIGCONT')
  const { code, scenario } = await ended(cli, reports)
  const hold = scenario.steps.at(-1)
  t.match(hold, { verdict: 'failed', error: { message: /meanwhile redis-node0 logged ".*replica/ } })
  t.equal(code, 1)
})

/** Until the hold has begun, which only the record tells. */
async function firstLook(reports: string): Promise<void> {
  const looked = () => filesWith(reports, '"step-progress","scenario":0,"index":2').length > 0
  while (!looked()) await sleep(20)
}

/** Until the old master knows it too. */
async function takeOver(node: NodeClient, from: NodeClient): Promise<void> {
  await node.call('CLUSTER', 'FAILOVER', 'TAKEOVER')
  while (!(await isMaster(node)) || (await isMaster(from))) await sleep(20)
}

async function isMaster(node: NodeClient): Promise<boolean> {
  return String(await node.call('INFO', 'replication')).includes('role:master')
}
