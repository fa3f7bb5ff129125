import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { lastReport, reportsFolder, runCli } from '../support/cli.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

const SCENARIO = `title: A server as it was set
cluster: { shards: 1, replicas: 0 }
steps:
  - redis: CONFIG GET maxmemory
    on: redis-node0
    expect: { contains: "0" }
`

/** A scenario that fails the second time that it is played: its server is another one then. */
async function flakyScenario(t: Test): Promise<{ folder: string; args: string[] }> {
  const folder = reportsFolder(t)
  const server = path.join(folder, 'redis-server')
  const starts = path.join(folder, 'starts')
  const program = `#!/bin/sh
case "$*" in *--version*) exec redis-server "$@" ;; esac
echo start >> '${starts}'
if [ "$(wc -l < '${starts}')" -eq 2 ]; then exec redis-server "$@" --maxmemory 123mb; fi
exec redis-server "$@"
`
  writeFileSync(server, program, { mode: 0o755 })
  writeFileSync(path.join(folder, 'flaky.yaml'), SCENARIO)
  const where = ['--platform', 'process', '--server', `path:${server}`, ...clusterFlags(await leaseCluster())]
  return { folder, args: ['run', path.join(folder, 'flaky.yaml'), ...where] }
}

t.test(
  'repeats that disagree: exit 4 with --fail-on-flaky, and all of them are kept',
  { skip: skipWithoutRedis() },
  async (t) => {
    const { folder, args } = await flakyScenario(t)
    const reports = path.join(folder, 'reports')
    const { code, stdout, stderr } = await runCli(t, [
      ...args,
      ...['--repeat', '3', '--fail-on-flaky', '--reports', reports],
    ])
    t.equal(code, 4, stdout + stderr)
    t.match(stdout, /✖ FLAKY {2}1 scenario played 3 times: 2 passed, 1 failed/)
    t.match(stdout, /run again .*--fail-on-flaky.* --repeat 3/)
    const report = lastReport(reports)
    t.match(report, { exitCode: 4, repeats: [{ flaky: true, verdict: 'passed', minority: [1] }] })
    t.equal(new Set(report.scenarios.map(({ seed }) => seed)).size, 3, 'each repeat draws its own seed')
    for (const { logs } of report.scenarios)
      for (const { file } of logs)
        t.match(readFileSync(path.join(reports, 'latest', file), 'utf8'), /Running mode=cluster/, file)
    t.ok(existsSync(path.join(reports, 'latest', 'pages', '2-flaky.html')))
    t.equal(readFileSync(path.join(reports, 'trends.jsonl'), 'utf8').trim().split('\n').length, 3)
  },
)

t.test(
  'without the flag one that failed fails the run, and a reporter that throws hides nothing of it',
  { skip: skipWithoutRedis() },
  async (t) => {
    const { folder, args } = await flakyScenario(t)
    const reports = path.join(folder, 'reports')
    const reporter = path.join(folder, 'mine.mjs')
    writeFileSync(reporter, 'export default (run) => { run.exitCode = 0; throw new Error("no ink") }')
    const more = ['--repeat', '2', '--reports', reports, '--reporter', `${reporter},console`]
    const { code, stdout, stderr } = await runCli(t, [...args, ...more])
    t.equal(code, 1, stdout + stderr)
    t.match(stderr, /The reporter .*mine\.mjs failed: no ink\n$/)
    t.notMatch(stderr, /\n\s+at /, 'no stack trace')
    t.match(stdout, /✖ FAILED {2}1 scenario played 2 times: 1 passed, 1 failed/)
    t.match(lastReport(reports), { exitCode: 1, repeats: [{ flaky: true, verdict: 'failed' }] })

    const again = await runCli(t, ['report', path.join(reports, 'latest'), '--format', `${reporter},json`])
    t.equal(again.code, 3, 'of a run that is over, a reporter that throws is all that is wrong')
    t.match(again.stderr, /mine\.mjs failed: no ink/)
    t.equal((JSON.parse(again.stdout) as { exitCode: number }).exitCode, 1)
  },
)

t.test('a reporter that is none: exit 2, and nothing is made or played', async (t) => {
  const folder = reportsFolder(t)
  writeFileSync(path.join(folder, 'plain.mjs'), 'export const format = () => "x"')
  writeFileSync(path.join(folder, 'throws.mjs'), 'throw new Error("no ink")')
  const cases: [name: string, says: RegExp][] = [
    ['none.mjs', /there is no reporter module .*none\.mjs/],
    ['plain.mjs', /plain\.mjs has no function as its default export: \(report, style, files\) => text/],
    ['throws.mjs', /throws\.mjs cannot be loaded: no ink/],
  ]
  const reports = path.join(folder, 'reports')
  for (const [name, says] of cases) {
    const args = ['run', 'failover-basic', '--reports', reports]
    const { code, stdout, stderr } = await runCli(t, [...args, '--reporter', `console,${path.join(folder, name)}`])
    t.equal(code, 2, stdout + stderr)
    t.match(stderr, says)
    t.notMatch(stderr, /\n\s+at /, 'no stack trace')
    t.notOk(existsSync(reports))
  }
})
