import { execFileSync } from 'node:child_process'
import t, { type Test } from 'tap'
import { filesWith, lastReport, reportsFolder, runCli, testScenario } from '../support/cli.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'
import { CTRL_C, ENTER, startPty } from '../support/pty.ts'
import { pidAt } from '../support/server-process.ts'

const skip = skipWithoutRedis()
const ASKED = 'Press Enter to heal and clean up.'

async function startPaused(t: Test, scenario: string) {
  const lease = await leaseCluster()
  const reports = reportsFolder(t)
  const flags = ['--platform', 'process', '--reports', reports, ...clusterFlags(lease)]
  const cli = startPty(t, ['run', testScenario(scenario), '--pause-on-failure', ...flags])
  const shown = await cli.until(ASKED)
  return { cli, shown, reports, lease }
}

t.test('a step that fails leaves everything as it is until Enter', { skip }, async (t) => {
  const { cli, shown, reports, lease } = await startPaused(t, 'broken-on-purpose')
  t.match(shown, /failed 3 expect redis-node1 to be a master/)
  t.match(shown, /Paused: failed: step 3\s/)
  t.match(shown, /fault {4}network at redis-node2: 5ms of delay/)
  t.match(shown, new RegExp(`ports {4}redis-node0 ${lease.portBase}, redis-node1 ${lease.portBase + 1}, `))
  const runId = /cluster status -- --run (\S+)/.exec(shown)?.[1] ?? ''

  t.throws(() => pidAt(lease.portBase), 'the node that was killed is still down')
  const status = await runCli(t, ['cluster', 'status', '--run', runId])
  t.equal(status.code, 1, 'the cluster is unhealthy')
  t.match(status.stdout, /redis-node0: process was killed/)
  const talk = /talk {5}(.*)/.exec(shown)?.[1] ?? ''
  t.notMatch(shown, 'ericsdad', 'the password stands nowhere')
  t.equal(execFileSync('sh', ['-c', `${talk} PING`], { encoding: 'utf8' }).trim(), 'PONG')
  const logs = /logs {5}(.*)\/\*\.log/.exec(shown)?.[1] ?? ''
  t.ok(filesWith(logs, 'Ready to accept connections').length === 6, 'the logs are there to be read')
  // What somebody does to the servers meanwhile is none of the scenario's doing.
  process.kill(pidAt(lease.portBase + 5), 'SIGSEGV')
  const pausedMs = performance.now()
  await waitUntilDown(lease.portBase + 5)

  cli.type(ENTER)
  const { code } = await cli.ended
  const lookedMs = performance.now() - pausedMs
  t.equal(code, 1, cli.shown())
  t.notMatch(cli.shown(), 'something is still open')
  const [scenario] = lastReport(reports).scenarios
  t.match(scenario, { verdict: 'failed', reason: /^step 3, / })
  t.match(scenario?.steps.at(-1), { path: 'f1', verdict: 'passed' })
  const findings = scenario?.audit?.rules.flatMap((rule) => rule.findings)
  t.strictSame(findings, [], 'the audit says nothing of what happened meanwhile')
  t.match(scenario?.warnings, [/what the workloads wrote was not read back/])
  const last = scenario?.steps.find(({ path }) => path === '3')
  const final = scenario?.steps.at(-1)
  const betweenMs = (final?.startMs ?? 0) - (last?.startMs ?? 0) - (last?.durationMs ?? 0)
  t.ok(lookedMs > 0 && betweenMs < 2000, `no time passed: ${betweenMs} ms`)
  t.throws(() => pidAt(lease.portBase + 1), 'nothing is left')
})

t.test('Ctrl-C cleans up as well', { skip }, async (t) => {
  const { cli, shown, reports, lease } = await startPaused(t, 'limit-broken')
  t.match(shown, /Paused: failed: check /, 'a check at the end')
  t.ok(pidAt(lease.portBase) > 0, 'the servers are there')
  cli.type(CTRL_C)
  const { code } = await cli.ended
  t.equal(code, 130, cli.shown())
  t.match(lastReport(reports).scenarios, [{ verdict: 'failed', reason: /^check / }])
  t.throws(() => pidAt(lease.portBase), 'nothing is left')
})

t.test('without a terminal it is refused before anything starts', async (t) => {
  const { code, stderr } = await runCli(t, ['run', testScenario('limit-broken'), '--pause-on-failure'])
  t.equal(code, 2)
  t.match(stderr, /--pause-on-failure asks whoever sits at the terminal, and stdin and stderr are none/)
})

async function waitUntilDown(port: number): Promise<void> {
  for (;;) {
    try {
      pidAt(port)
    } catch {
      return
    }
    await new Promise(setImmediate)
  }
}
