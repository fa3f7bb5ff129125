import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { reportsFolder, runCli } from '../support/cli.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

t.test(
  'two nights: the first makes the baseline, the second is compared with it and lets it grow',
  { skip: skipWithoutRedis() },
  async (t) => {
    const reports = reportsFolder(t)
    const where = ['--platform', 'process', ...clusterFlags(await leaseCluster()), '--reports', reports]
    const night = ['nightly', '--tag', 'walkthrough', '--repeat', '1', ...where]
    const samples = () => {
      const { measures } = JSON.parse(readFileSync(path.join(reports, 'baseline.json'), 'utf8'))
      return new Set((measures as { samples: number[] }[]).map((measure) => measure.samples.length))
    }
    const first = await runCli(t, night)
    t.equal(first.code, 0, first.stdout + first.stderr)
    t.match(first.stderr, /baseline .*baseline\.json: 1 of 20 samples/)
    t.same([...samples()], [1])

    const second = await runCli(t, night)
    t.equal(second.code, 0, second.stdout + second.stderr)
    t.match(second.stdout, /run again +npm run nightly -- --seed \d+ --tag walkthrough/)
    t.match(second.stdout, /report .*-nightly\n/)
    t.same([...samples()], [2])

    const page = await runCli(t, ['report', '--trends', '--reports', reports])
    t.equal(page.code, 0, page.stderr)
    t.match(readFileSync(path.join(reports, 'trends.html'), 'utf8'), /readme-walkthrough/)
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
    [['nightly', '--baseline', file], /is a baseline of version 99, and this runner reads version 1/],
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
