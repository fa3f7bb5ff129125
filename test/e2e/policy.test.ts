import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Redis } from 'ioredis'
import t from 'tap'
import { adminOf } from '../support/admin-of.ts'
import { filesWith, lastReport, reportsFolder, runCli, testScenario } from '../support/cli.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

const REPORTERS = 'console,json,junit,tap,markdown,github,html'

t.test('what scenarios may not do is refused before anything starts', async (t) => {
  const { code, stderr, stdout } = await runCli(t, ['run', testScenario('dump-renamed'), '--platform', 'process'])
  t.equal(code, 2)
  t.match(stderr, /dump-renamed.yaml:4:12: CONFIG SET: `dbfilename` cannot be set: .*--allow dbfilename/)
  t.notMatch(stdout + stderr, /starting \d+ processes/)
  const misspelt = await runCli(t, ['run', testScenario('dump-renamed'), '--allow', 'dbfilenam'])
  t.match(misspelt, { code: 2, stderr: /`dbfilenam` is none; did you mean `dbfilename`/ })
})

t.test('unless whoever starts it allows it, which is told', { skip: skipWithoutRedis() }, async (t) => {
  const reports = reportsFolder(t)
  const where = ['--platform', 'process', ...clusterFlags(await leaseCluster()), '--reports', reports]
  const { code, stdout, stderr } = await runCli(t, [
    ...['run', testScenario('dump-renamed'), '--allow', 'dbfilename', ...where, '--reporter', REPORTERS],
  ])
  t.equal(code, 0, stdout + stderr)
  t.match(stderr, 'allowed by --allow: dbfilename')
  t.match(stdout, /^run again .*--allow dbfilename/m)
  t.match(stdout, /^allowed {4}dbfilename$/m)
  t.match(lastReport(reports), { allowed: ['dbfilename'] })
  for (const file of ['events.jsonl', 'report.html', 'summary.md'])
    t.match(readFileSync(path.join(reports, 'latest', file), 'utf8'), /allowed/i, file)
})

t.test('a random password, and the secret of the runner', { skip: skipWithoutRedis() }, async (t) => {
  const lease = await leaseCluster()
  const reports = reportsFolder(t)
  const here = ['--platform', 'process', ...clusterFlags(lease)]
  const kept = await runCli(t, [
    ...['run', testScenario('dump-renamed'), '--allow', 'dbfilename', '--keep', '--password', 'random', ...here],
    ...['--reports', reports, '--reporter', REPORTERS],
  ])
  t.equal(kept.code, 0, kept.stdout + kept.stderr)
  const removal = /Remove them with: (.*)/.exec(kept.stderr)?.[1] ?? ''
  const passwordFile = /\$\(cat (\S+)\)/.exec(kept.stderr)?.[1] ?? ''
  const password = readFileSync(passwordFile, 'utf8').trim()
  const { password: secret } = adminOf(lease.portBase)
  t.teardown(() => process.kill(Number(/kill (\d+)/.exec(removal)?.[1])))
  const client = (password: string) =>
    new Redis({ port: lease.portBase, password, retryStrategy: null, lazyConnect: true })
  const [known, own] = [client('ericsdad'), client(password)]
  for (const one of [known, own]) {
    t.teardown(() => one.disconnect())
    one.on('error', () => undefined)
  }
  await t.rejects(known.connect(), 'the password that everybody knows opens nothing')
  await own.connect()
  t.equal(await own.ping(), 'PONG')
  for (const hidden of [password, secret]) {
    t.notOk((kept.stdout + kept.stderr).includes(hidden))
    t.same(filesWith(path.join(reports, 'latest'), hidden), [])
    t.same(processesThatTell(hidden), [])
  }
})

/** Processes whose command line or environment has the text. */
function processesThatTell(text: string): string[] {
  const files = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))
  return files
    .flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`])
    .filter((file) => {
      try {
        return readFileSync(file, 'utf8').includes(text)
      } catch {
        return false
      }
    })
}
