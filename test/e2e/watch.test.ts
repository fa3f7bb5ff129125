import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { lastReport, reportsFolder, runCli, testScenario } from '../support/cli.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'
import { CTRL_C, startPty } from '../support/pty.ts'
import { pidAt } from '../support/server-process.ts'

const WATCHING = 'save one to play again'
/** What a warm server would answer `b` to, were it not emptied. */
const FIRST = `title: t
cluster: { shards: 3, replicas: 1 }
steps:
  - redis: GET b
    expect: null
  - redis: SET b 1
  - redis: CONFIG SET maxmemory-policy allkeys-lru
    on: redis-node0
`

t.test('a scenario is played again when it is saved', { skip: skipWithoutRedis() }, async (t) => {
  const lease = await leaseCluster()
  const reports = reportsFolder(t)
  const file = path.join(reportsFolder(t), 'mine.yaml')
  const save = (text: string) => writeFileSync(file, text)
  const withoutSetting = FIRST.slice(0, FIRST.indexOf('  - redis: CONFIG'))
  save(withoutSetting)
  const flags = ['--platform', 'process', '--reports', reports, ...clusterFlags(lease)]
  const cli = startPty(t, ['run', file, '--watch', ...flags])
  const first = await cli.until(WATCHING)
  t.match(first, /PASSED/)
  t.notMatch(first, 'removing the servers', 'they stay')
  t.match(await cli.until('Ctrl-C to end'), /, with a new seed \(--seed \d+ keeps that of this play\)/)
  const pid = pidAt(lease.portBase)

  save(`${withoutSetting}  - redis: [SET, c, "2"]\n`)
  t.match(await cli.until(WATCHING), /PASSED/, 'it was emptied: b is gone')
  t.equal(pidAt(lease.portBase), pid, 'the servers are the same')
  t.equal(lastReport(reports).scenarios[0]?.steps.length, 3, 'it is the new text')

  save(`${withoutSetting}  - sett: x\n`)
  t.match(await cli.until('there is no verb `sett`'), /mine\.yaml:7/)
  await cli.until(WATCHING)
  save(FIRST)
  t.match(await cli.until(WATCHING), /PASSED/, 'a mistake does not end it')
  t.equal(pidAt(lease.portBase), pid)

  save(`${withoutSetting}  - kill: redis-node5\n`)
  t.match(
    await cli.until(WATCHING),
    /making new servers: redis-node0 is not as it was when it was new/,
    'a setting was left',
  )
  t.not(pidAt(lease.portBase), pid)
  save(`${withoutSetting}  - wait: 10ms\n`)
  t.match(await cli.until(WATCHING), /making new servers: redis-node5 is stopped/)
  rmSync(file)
  await cli.until('mine.yaml is gone.')
  await cli.until(WATCHING)
  save(withoutSetting.replace('steps:', 'seed: 7\nsteps:').replace('replicas: 1', 'replicas: 0'))
  t.match(await cli.until(WATCHING), /making new servers: the cluster is to be another/)
  t.match(await cli.until('Ctrl-C to end'), /^, Ctrl-C to end$/, 'the seed stays')

  save(`${withoutSetting}  - wait: 3s\n`)
  await cli.until('3 wait 3s')
  save(withoutSetting)
  t.match(await cli.until(WATCHING), /saved meanwhile: it is played again when this play has ended/)
  t.match(await cli.until(WATCHING), /PASSED/, 'and it is')

  cli.type(CTRL_C)
  const { code } = await cli.ended
  t.equal(code, 130, cli.shown().slice(-500))
  t.throws(() => pidAt(lease.portBase), 'nothing is left')
  const runs = readdirSync(reports).filter((name) => name.endsWith('-mine') || /-mine-\d$/.test(name))
  t.equal(runs.length, 8, 'each play has a folder of its own')
})

t.test('what does not go with it is refused', async (t) => {
  const refused = async (...flags: string[]) => await runCli(t, ['run', testScenario('stepped'), '--watch', ...flags])
  t.match(await refused('--keep'), { code: 2, stderr: /so it does not go with --keep/ })
  t.match(await refused('--server', 'redis:7.0,redis:8.0'), { code: 2, stderr: /name one server/ })
})
