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
