import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { reportsFolder, runCli } from '../support/cli.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

const scenario = (title: string, last: string) =>
  `title: ${title}\ntags: [smoke]\ncluster: { shards: 1, replicas: 0 }\nsteps:\n  - ${last}\n`

t.test('in parts, then as one; until it fails, then what failed', { skip: skipWithoutRedis() }, async (t) => {
  const own = reportsFolder(t)
  writeFileSync(path.join(own, 'a.yaml'), scenario('One that passes', 'wait: 10ms'))
  writeFileSync(path.join(own, 'b.yaml'), scenario('One that fails', 'expect: { node: redis-node0, role: replica }'))
  const reports = reportsFolder(t)
  const where = ['--scenarios', own, '--no-stock', '--platform', 'process', ...clusterFlags(await leaseCluster())]
  const shard = async (number: number) => {
    const folder = path.join(reports, `part-${number}`)
    return await runCli(t, ['run', 'full', ...where, '--shard', `${number}/2`, '--reports', folder])
  }
  const [first, second] = [await shard(1), await shard(2)]
  t.equal(first.code, 0, first.stdout + first.stderr)
  t.equal(second.code, 1, second.stdout + second.stderr)
  t.match(
    second.stdout,
    /run again +npm run scenario b -- --seed \d+/,
    'the scenario is named: another night divides otherwise',
  )

  for (const number of [1, 2])
    t.match(
      readdirSync(path.join(reports, `part-${number}`)).filter((name) => name.includes('-full-')),
      [new RegExp(`^\\S+Z-full-part-${number}-of-2-[0-9a-f]{6}$`)],
      'two that start in the same second may lie in one folder',
    )

  const whole = path.join(reports, 'whole')
  const merged = await runCli(t, ['report', '--merge', reports, '--reports', whole])
  t.equal(merged.code, 1, merged.stdout + merged.stderr)
  t.match(merged.stdout, /✖ FAILED {2}2 scenarios: 1 passed, 1 failed/)
  const latest = path.join(whole, 'latest')
  t.equal(JSON.parse(readFileSync(path.join(latest, 'report.json'), 'utf8')).scenarios.length, 2)
  t.match(readFileSync(path.join(latest, 'junit.xml'), 'utf8'), /<testsuites name="full" .*failures="1"/)
  t.strictSame(readdirSync(path.join(latest, 'nodes')), ['part-1', 'part-2'])
  t.equal(readFileSync(path.join(whole, 'trends.jsonl'), 'utf8').trim().split('\n').length, 2)
  const half = await runCli(t, ['report', '--merge', path.join(reports, 'part-1'), '--reports', path.join(own, 'half')])
  t.equal(half.code, 3)
  t.match(half.stdout, /part 2 is missing/)

  const bail = await runCli(t, ['run', 'b', 'a', ...where, '--bail', '--reports', whole])
  t.equal(bail.code, 1)
  t.match(bail.stdout, /a skipped: not played: b did not pass, and --bail stops there/)
  t.match(bail.stderr, /1 of 2, about .* left/, 'the trends of the parts tell how long it takes')
  const again = await runCli(t, ['run', '--last-failed', ...where, '--reports', whole])
  t.match(again.stdout, /✖ FAILED {2}1 scenario: 1 failed/)
})

t.test('a part with nothing to do says so in a run of its own', async (t) => {
  const own = reportsFolder(t)
  for (const name of ['a', 'b'])
    writeFileSync(path.join(own, `${name}.yaml`), scenario('One that passes', 'wait: 10ms'))
  const reports = reportsFolder(t)
  const where = ['--scenarios', own, '--no-stock', '--platform', 'process', '--shard', '3/3', '--reports', reports]
  const dry = await runCli(t, ['run', 'full', ...where, '--dry-run'])
  t.equal(dry.code, 0, dry.stderr)
  t.strictSame(readdirSync(reports), [])
  const { code, stderr } = await runCli(t, ['run', 'full', ...where])
  t.equal(code, 0, stderr)
  t.match(stderr, /2 scenarios in 3 parts: part 3 has none/)
  const merged = await runCli(t, ['report', '--merge', reports, '--reports', path.join(reports, 'whole')])
  t.equal(merged.code, 3)
  t.match(merged.stdout + merged.stderr, /in 3 parts on \S+ \(process\), parts 1 and 2 are missing/)
})

t.test('bad choices: exit 2, what was meant, and nothing is played', async (t) => {
  const own = reportsFolder(t)
  writeFileSync(path.join(own, 'smoke.yaml'), scenario('Called as a suite is', 'wait: 10ms'))
  const cases: [string[], RegExp][] = [
    [['run', 'smok'], /did you mean the suite smoke\?/],
    [['run', '--grep', 'failver-basic'], /did you mean failover-basic\?/],
    [['run', 'full', '--not-tag', 'nigtly'], /did you mean nightly\?/],
    [['run', 'full', '--shard', '4/3'], /did you mean 3\/3\?/],
    [['nightly', '--max-time', '2 hours'], /did you mean 2h\?/],
    [['run', '--all', 'failover-basic'], /--all plays every scenario/],
    [['run', '--last-failed', '--reports', own], /there is no run in/],
    [['report', '--merge', own], /there is no run in it/],
    [['run', 'failover-basic', '--watch', '--bail'], /--watch .*does not go with --bail/],
    [
      ['run', 'smoke', '--scenarios', own, '--grep', 'x y'],
      /smoke is a scenario or a folder here, which is played; the suite is --tag smoke/,
    ],
  ]
  for (const [args, says] of cases) {
    const { code, stdout, stderr } = await runCli(t, args)
    t.equal(code, 2, args.join(' '))
    t.equal(stdout, '')
    t.match(stderr, says)
  }
})
