import { readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { lastReport, reportsFolder, runCli, testScenario } from '../support/cli.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'
import { CTRL_C, ENTER, startPty } from '../support/pty.ts'
import { pidAt } from '../support/server-process.ts'

const skip = skipWithoutRedis()

t.test('step by step', { skip }, async (t) => {
  const lease = await leaseCluster()
  const reports = reportsFolder(t)
  const flags = ['--platform', 'process', '--reports', reports, ...clusterFlags(lease)]
  const start = () => startPty(t, ['run', testScenario('stepped'), '--step', ...flags])

  await t.test('each command does what it says', async (t) => {
    const cli = start()
    const enter = (line: string) => cli.type(line + ENTER)
    await cli.until('(seed ')
    cli.type(`s${ENTER}${ENTER}`)
    const help = await cli.until('next: 1 let $victim be master of key aa > ')
    t.match(help, /Enter: play the step .* s: skip it/)
    enter('')
    await cli.until('next: 2 SET aa value > ')
    enter('l')
    const table = await cli.until('next: 2 ')
    t.match(table, /redis-node0 .*master/)
    t.match(table, 'healthy')
    enter('what')
    t.match(await cli.until('next: 2 '), /q: heal, clean up and leave/)
    enter('redis $victim CLUSTER KEYSLOT aa')
    t.match(await cli.until('next: 2 '), /\n1180\n/)
    enter('redis redis-node0 ACL SETUSER eve')
    t.match(await cli.until('next: 2 '), /ACL cannot be sent: .*--allow ACL/)
    enter('redis redis-node0 GET')
    const refused = await cli.until('next: 2 ')
    t.match(refused, /wrong number of arguments/)
    t.notMatch(refused, 'within', 'it is no step')
    enter('redis redis-node9 PING')
    t.match(await cli.until('next: 2 '), /there is no node "redis-node9"/)
    enter('skip')
    await cli.until('next: 3 ')
    enter('')
    await cli.until('next: 4 1 time: 2 steps > ')
    enter('')
    await cli.until('next: 4#1.1 ')
    enter('')
    await cli.until('next: 4#1.2 ')
    enter('c')
    const { code } = await cli.ended
    t.equal(code, 3, cli.shown())
    const [scenario] = lastReport(reports).scenarios
    t.match(scenario, { verdict: 'inconclusive', reason: /skipped by hand: step 2/ })
    t.match(
      scenario?.steps.map((step) => `${step.path} ${step.verdict}`),
      ['1 passed', '2 skipped', '3 passed', '4 passed', '4#1.1 passed', '4#1.2 passed', '5 passed', 'f1 passed'],
    )
    t.match(
      readFileSync(path.join(reports, 'latest', 'results.tap'), 'utf8'),
      /ok 2 - 2 SET aa value # SKIP skipped by hand/,
    )
    t.match(readFileSync(path.join(reports, 'latest', 'junit.xml'), 'utf8'), /<skipped message="skipped by hand"/)
    t.throws(() => pidAt(lease.portBase), 'nothing is left')
  })

  for (const { how, keys } of [
    { how: 'q', keys: `q${ENTER}` },
    { how: 'Ctrl-C', keys: CTRL_C },
  ]) {
    await t.test(`${how} heals, cleans up and leaves`, async (t) => {
      const cli = start()
      await cli.until('next: 1 ')
      cli.type(ENTER)
      await cli.until('next: 2 ')
      cli.type(keys)
      const { code } = await cli.ended
      t.equal(code, 130, cli.shown())
      t.match(lastReport(reports).scenarios, [{ verdict: 'interrupted', steps: [{}, { verdict: 'not-run' }] }])
      t.throws(() => pidAt(lease.portBase), 'nothing is left')
    })
  }
})

t.test('what does not go with it is refused before anything starts', async (t) => {
  const refused = async (...flags: string[]) => await runCli(t, ['run', testScenario('stepped'), '--step', ...flags])
  t.match(await refused(), {
    code: 2,
    stderr: /--step asks whoever sits at the terminal, and stdin and stderr are none/,
  })
  t.match(await refused('--repeat', '3'), { code: 2, stderr: /so it does not go with --repeat/ })
  t.match(await refused('--server', 'redis:7.0,redis:8.0'), { code: 2, stderr: /name one server/ })
})
