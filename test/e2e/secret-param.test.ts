import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { filesWith, reportsFolder, runCli, testScenario } from '../support/cli.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

const SECRET = 'a-secret-of-this-test'

t.test(
  'a secret given as a param stands in no report and in no line of output',
  { skip: skipWithoutRedis() },
  async (t) => {
    const reports = reportsFolder(t)
    const where = ['--platform', 'process', ...clusterFlags(await leaseCluster()), '--reports', reports]
    const { code, stdout, stderr } = await runCli(t, [
      ...['run', testScenario('secret-param'), '--set', `api_token=${SECRET}`],
      ...[...where, '--reporter', 'console,json,junit,tap,markdown,github,html'],
    ])
    t.equal(code, 1, 'its last step fails, and tells of the value')
    t.match(stdout, /\*\*\*/, 'which is told as hidden')
    t.notMatch(stdout + stderr, SECRET)
    t.equal(filesWith(path.join(reports, 'latest', 'nodes'), 'told to the log: ***').length, 1, 'the log of the node')
    t.same(filesWith(path.join(reports, 'latest'), SECRET), [])
  },
)

t.test('secrets from the environment and a file, whatever their names', { skip: skipWithoutRedis() }, async (t) => {
  const reports = reportsFolder(t)
  const file = path.join(reports, 'pin')
  writeFileSync(file, '7340912\n')
  const where = ['--platform', 'process', ...clusterFlags(await leaseCluster()), '--reports', reports]
  const given = ['--set-env', 'plan=A_PLAN', '--set-file', `pin=${file}`]
  const args = ['run', testScenario('given-secret'), ...given, ...where]
  const { code, stdout, stderr } = await runCli(t, [...args, '--reporter', 'console,json,junit,tap,markdown,html'], {
    A_PLAN: SECRET,
  })
  t.equal(code, 1, stdout + stderr)
  t.match(stdout, `--set-env plan=A_PLAN --set-file pin=${file}`, 'the command that runs it again')
  const latest = path.join(reports, 'latest')
  for (const secret of [SECRET, '7340912']) {
    t.notMatch(stdout + stderr, secret)
    t.same(filesWith(latest, secret), [])
  }
  t.equal(filesWith(path.join(latest, 'nodes'), 'told to the log: *** and ***').length, 1, 'the log of the node')

  const played = readFileSync(path.join(latest, 'scenario.yaml'), 'utf8')
  t.match(played, 'plan: none-given # what is bought; a secret: give it again with --set-env or --set-file')
  t.match(played, 'pin: 1 # a secret: give it again with --set-env or --set-file')
  const again = await runCli(t, ['validate', path.join(latest, 'scenario.yaml')])
  t.equal(again.code, 0, again.stdout + again.stderr)

  const explained = await runCli(t, ['explain', testScenario('given-secret'), ...given], { A_PLAN: SECRET })
  t.equal(explained.code, 0)
  t.match(explained.stdout, /SET key \*\*\*/)
  const wrong = await runCli(t, ['validate', testScenario('given-secret'), '--set-env', 'pin=A_PLAN'], {
    A_PLAN: SECRET,
  })
  t.equal(wrong.code, 2)
  t.match(wrong.stderr, 'the secret param pin')
  for (const { stdout, stderr } of [explained, wrong]) t.notMatch(stdout + stderr, SECRET)
})
