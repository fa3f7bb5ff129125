import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { reportsFolder, runCli } from '../support/cli.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

const SCENARIO = `title: A write reaches the replica
cluster: { shards: 1, replicas: 1, config: { cluster-node-timeout: 2000 } }
steps:
  - let: { master: master of shard 1, replica: replica of shard 1 }
  - name: Write it
    redis: SET aa value
  - name: The replica has it
    redis: { session: [READONLY, { redis: GET aa, expect: value }] }
    on: $replica
    within: 1s
twins:
  - because: It is left out on its way
    before: Write it
    steps: [lie: { from: $master, to: $replica, how: skip, every: 1 }]
    fails: The replica has it
  - because: Waiting changes nothing
    before: Write it
    steps: [wait: 100ms]
    fails: The replica has it
`

t.test('a twin passes if it fails where it must, and fails if it passes', { skip: skipWithoutRedis() }, async (t) => {
  const reports = reportsFolder(t)
  const file = path.join(reports, 'reaches.yaml')
  writeFileSync(file, SCENARIO)
  const where = ['--platform', 'process', ...clusterFlags(await leaseCluster()), '--reports', reports]

  const first = await runCli(t, ['twins', file, '--shard', '1/2', ...where])
  t.equal(first.code, 0, first.stdout + first.stderr)
  t.match(first.stdout, /reaches-twin-1 failed as it should, at step "The replica has it"/)
  const played = readFileSync(path.join(reports, 'latest', 'scenario.yaml'), 'utf8')
  t.match(played, /It must fail: It is left out on its way/)
  const junit = readFileSync(path.join(reports, 'latest', 'junit.xml'), 'utf8')
  t.match(junit, /<testsuite name="reaches-twin-1"[^>]* failures="0" errors="0"/)
  t.match(readFileSync(path.join(reports, 'latest', 'results.tap'), 'utf8'), /not ok .*# TODO it fails as it should/)

  const second = await runCli(t, ['twins', file, '--shard', '2/2', ...where])
  t.equal(second.code, 1, second.stdout + second.stderr)
  t.match(second.stdout, /it passed, and had to fail at step "The replica has it": Waiting changes nothing/)
})

t.test('bad input: exit 2, and nothing is played', async (t) => {
  const reports = reportsFolder(t)
  const file = path.join(reports, 'none.yaml')
  writeFileSync(file, 'title: Nothing to show\nsteps: [wait: 1s]\n')
  const cases: [string[], RegExp][] = [
    [['twins', file], /none has no twins: write some under `twins:`/],
    [['twins', 'failover-basic', '--shard', '3/2'], /--shard takes I\/N, as 1\/3, and not 3\/2/],
    [['twins', 'failover-basik'], /there is no scenario failover-basik/],
  ]
  for (const [args, says] of cases) {
    const { code, stderr } = await runCli(t, args)
    t.equal(code, 2, args.join(' '))
    t.match(stderr, says)
  }
})
