import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { lastReport, reportsFolder, startCli, testScenario } from '../support/cli.ts'
import { requireEngine } from '../support/docker.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { leftovers } from '../support/leftovers.ts'

/** Where the run is when Ctrl-C comes, as told by what it has said by then. */
const MOMENTS = [
  { when: 'before anything is made', after: 'Docker ' },
  { when: 'while containers start', after: 'starting 6 containers' },
  { when: 'while the cluster forms', after: 'making the nodes meet' },
  { when: 'in the middle of a step', after: 'cluster ready' },
]

for (const { when, after } of MOMENTS) {
  for (const delayMs of [0, 300]) {
    t.test(`Ctrl-C ${when}, ${delayMs} ms later: exit 130 within 15 s, nothing left`, async (t) => {
      if (!(await requireEngine(t))) return
      const reports = reportsFolder(t)
      const lease = await leaseCluster()
      const args = ['run', testScenario('long-wait'), ...clusterFlags(lease), '--reports', reports]
      const cli = startCli(t, args)
      await cli.until(after)
      await new Promise((resolve) => setTimeout(resolve, delayMs))
      const pressedMs = performance.now()
      cli.child.kill('SIGINT')
      const { code, stdout, stderr } = await cli.ended
      t.equal(code, 130, stdout + stderr)
      t.ok(performance.now() - pressedMs < 15_000, 'it ended within 15 s')
      const report = lastReport(reports)
      t.equal(report.verdict, 'interrupted')
      t.match(stdout, /interrupted/i)
      t.same(await leftovers(lease.namePrefix, report.runId), [])
    })
  }
}

t.test('Ctrl-C while it cleans up: the cleaning goes on to its end', async (t) => {
  if (!(await requireEngine(t))) return
  const reports = reportsFolder(t)
  const lease = await leaseCluster()
  const args = ['run', testScenario('lost-key'), ...clusterFlags(lease), '--reports', reports]
  const cli = startCli(t, args)
  await cli.until('failed 6')
  cli.child.kill('SIGINT')
  const { code, stdout, stderr } = await cli.ended
  t.equal(code, 130, stdout + stderr)
  t.same(await leftovers(lease.namePrefix, lastReport(reports).runId), [])
})

t.test('one key press that arrives twice, as npm forwards it, is one Ctrl-C', async (t) => {
  if (!(await requireEngine(t))) return
  const reports = reportsFolder(t)
  const lease = await leaseCluster()
  const args = ['run', testScenario('long-wait'), ...clusterFlags(lease), '--reports', reports]
  const cli = startCli(t, args)
  await cli.until('cluster ready')
  // Not by timers of this program: it may be held up for longer than one key press lasts.
  execFileSync('sh', ['-c', 'kill -INT "$1"; sleep 0.02; kill -INT "$1"', 'sh', String(cli.child.pid)])
  const { code } = await cli.ended
  t.equal(code, 130)
  const report = lastReport(reports)
  t.same(await leftovers(lease.namePrefix, report.runId), [])
  const last = report.scenarios[0]?.steps.at(-1)
  t.match(last, { path: 'f1', verdict: 'passed' }, 'the finally steps were played')
})

t.test('a second Ctrl-C leaves at once, and names the command that removes what is left', async (t) => {
  if (!(await requireEngine(t))) return
  const reports = reportsFolder(t)
  const lease = await leaseCluster()
  const args = ['run', testScenario('long-wait'), ...clusterFlags(lease), '--reports', reports]
  const cli = startCli(t, args)
  await cli.until('cluster ready')
  cli.child.kill('SIGINT')
  const again = setInterval(() => cli.child.kill('SIGINT'), 450)
  const { code, stderr } = await cli.ended
  clearInterval(again)
  t.equal(code, 130)
  t.match(stderr, /Leaving at once\. Servers of this run may be left\. Remove them with: /)
  const command = /Remove them with: (.*)/.exec(stderr)?.[1] ?? ''
  execFileSync('sh', ['-c', command])
  // The engine may still be removing what the first Ctrl-C had asked it to.
  const isGone = async () => (await leftovers(lease.namePrefix)).length === 0
  for (const untilMs = Date.now() + 30_000; !(await isGone()) && Date.now() < untilMs; ) await sleep(100)
  t.same(await leftovers(lease.namePrefix), [], 'the command that it named removes everything')
})
