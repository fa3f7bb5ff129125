import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import type { Night } from '../../runner/record/nights.ts'
import { reportsFolder, runCli } from '../support/cli.ts'
import { failover } from '../support/failover-scenario.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

t.test(
  'two nights by default, the second with a node time-out raised: it is played again, and flagged',
  { skip: skipWithoutRedis() },
  async (t) => {
    const reports = reportsFolder(t)
    const library = path.join(reports, 'library')
    mkdirSync(library)
    const write = (nodeTimeoutMs: number) => writeFileSync(path.join(library, 'failover.yaml'), failover(nodeTimeoutMs))
    const place = ['--scenarios', library, '--no-stock', '--platform', 'process', '--reports', reports]
    const night = ['nightly', ...place, ...clusterFlags(await leaseCluster())]
    const nights = () => JSON.parse(readFileSync(path.join(reports, 'baseline.json'), 'utf8')).nights as Night[]

    write(500)
    const first = await runCli(t, night)
    t.equal(first.code, 0, first.stdout + first.stderr)
    t.match(first.stdout, /Nothing to compare with yet: this is the first night\./)
    t.match(first.stderr, /baseline .*baseline\.json: 1 night, of each scenario up to 20/)
    t.match(nights(), [{ scenarios: [{ scenario: 'failover', passed: 5, failed: 0 }] }])

    write(1500)
    const second = await runCli(t, night)
    t.equal(second.code, 4, second.stdout + second.stderr)
    t.match(second.stderr, /slower than before, or not always the same: failover on .*; played \d+ times more/)
    t.match(second.stdout, /Compared with the 1 night before, \d measures? .*: \d slower/)
    t.match(
      second.stdout.replace(/\s+/g, ' '),
      /failover on redis\S*, process: failover time is \d+\.\d % slower \(p .*Also, cluster-node-timeout was 500 and is 1500\./,
    )
    t.match(second.stdout, /run again +npm run nightly -- --seed \d+ /)
    t.match(second.stdout, /report .*-nightly\n/)
    const [, slow] = nights()
    t.match(slow, { scenarios: [{ measures: [{ metric: 'failover', first: { length: 5 } }] }] })
    t.ok((slow?.scenarios[0]?.measures[0]?.again.length ?? 0) >= 8, 'it was played more often')

    const page = await runCli(t, ['report', '--trends', '--reports', reports])
    t.equal(page.code, 0, page.stderr)
    t.match(readFileSync(path.join(reports, 'trends.html'), 'utf8'), /failover/)
  },
)

t.test('bad input: exit 2, and nothing is played', async (t) => {
  const reports = reportsFolder(t)
  const file = path.join(reports, 'old.json')
  writeFileSync(file, JSON.stringify({ format: 'redis-chaos baseline', version: 99, measures: [] }))
  writeFileSync(
    path.join(reports, 'warned.yaml'),
    `title: A master stays one
tags: [warned]
steps:
  - expect: { node: redis-node0, role: replica }
    within: 1s
`,
  )
  const ownLibrary = ['--scenarios', reports, '--no-stock']
  const cases: [string[], RegExp][] = [
    [['nightly', '--tag', 'warned', '--strict', ...ownLibrary], /role-stays.*which --strict takes for errors/s],
    [['nightly', '--baseline', file], /is a baseline of version 99, and this runner reads versions 1 and 2/],
    [['nightly', 'failover-basic'], /nightly takes flags only/],
    [['nightly', '--tag', 'nightli'], /no scenario has the tag nightli/],
    [['nightly', '--repeat', '0'], /--repeat takes a whole number/],
    [['report', '--trends', '--reports', reports], /holds no run yet/],
    [['run', 'failover-basic', '--baseline', path.join(reports, 'none.json')], /there is no baseline/],
  ]
  for (const [args, says] of cases) {
    const { code, stdout, stderr } = await runCli(t, args)
    t.equal(code, 2, args.join(' ') + stdout + stderr)
    t.match(stderr, says)
  }
})
