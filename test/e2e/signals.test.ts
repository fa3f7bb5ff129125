import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { lastReport, reportsFolder, startCli, testScenario } from '../support/cli.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

/** A CI that cancels sends SIGTERM, a terminal that is closed SIGHUP. */
const SIGNALS = ['SIGTERM', 'SIGHUP'] as const

/** Where the run is then, as told by what it has said by then. */
const MOMENTS = [
  { when: 'while processes start', after: 'starting 6 processes' },
  { when: 'in the middle of a step', after: 'cluster ready' },
]

t.test('other signals than that of Ctrl-C', { skip: skipWithoutRedis() }, async (t) => {
  for (const signal of SIGNALS) {
    for (const { when, after } of MOMENTS) {
      await t.test(`${signal} ${when}: exit 130, and nothing is left`, async (t) => {
        const reports = reportsFolder(t)
        const temporary = mkdtempSync(path.join(tmpdir(), 'redis-chaos-signals-'))
        t.teardown(() => rmSync(temporary, { recursive: true, force: true }))
        const where = ['--platform', 'process', ...clusterFlags(await leaseCluster()), '--reports', reports]
        const cli = startCli(t, ['run', testScenario('long-wait'), ...where], { TMPDIR: temporary })
        await cli.until(after)
        cli.child.kill(signal)
        const { code, stdout, stderr } = await cli.ended
        t.equal(code, 130, stdout + stderr)
        t.match(stdout, new RegExp(`interrupted by ${signal}`))
        t.equal(lastReport(reports).verdict, 'interrupted')
        t.same(readdirSync(path.join(temporary, `redis-chaos-${process.getuid?.()}`)), [])
      })
    }
  }
})
