import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { lastReport, reportsFolder, runCli } from '../support/cli.ts'
import { requireDebian } from '../support/debian.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'

t.test('without a terminal, flags say what is written, and the rest is as usual', async (t) => {
  const file = path.join(t.testdir(), 'mine', 'cart.yaml')
  const { code, stdout, stderr } = await runCli(t, ['new', file, '--fails', 'pause', '--survives', 'data,service'])
  t.equal(code, 0, stdout + stderr)
  t.match(stdout, `${file}: The master of shard 1 freezes: its replica takes over, the data is kept`)
  t.match(stdout, new RegExp(`npm run scenario .*${file}`), 'what to run next')
  const text = readFileSync(file, 'utf8')
  const schema = /^# yaml-language-server: \$schema=(.+)\n/.exec(text)?.[1] ?? ''
  t.ok(existsSync(path.resolve(path.dirname(file), schema)), 'an editor finds the schema')
  const validated = await runCli(t, ['validate', file])
  t.match(validated, { code: 0, stderr: '' })

  const again = await runCli(t, ['new', file.replace('.yaml', '')])
  t.match(again, { code: 2, stderr: 'is there already, and is not overwritten' })
  t.equal(readFileSync(file, 'utf8'), text)
})

t.test('what makes no sense is refused with the nearest word, and nothing is written', async (t) => {
  const file = path.join(t.testdir(), 'no')
  t.match(await runCli(t, ['new', file, '--fails', 'kil']), { code: 2, stderr: 'did you mean `kill`?' })
  t.match(await runCli(t, ['new', file, '--surives', 'data']), { code: 2, stderr: 'did you mean --survives?' })
  t.match(await runCli(t, ['new']), { code: 2, stderr: /name the scenario that is to be written/ })
  t.match(await runCli(t, ['new', 'a b']), { code: 2, stderr: /`a b` is no name for a scenario/ })
  t.notOk(existsSync(`${file}.yaml`))
})

t.test('a master that freezes under counters: as written, it passes', async (t) => {
  await passes(t, ['--fails', 'pause', '--load', 'counter', '--for', '1s'])
})

t.test('a disk that is full under lists: as written, it passes', async (t) => {
  await passes(t, ['--fails', 'disk-full', '--target', 'random master', '--load', 'list', '--for', '2s'])
})

async function passes(t: Test, flags: readonly string[]): Promise<void> {
  if (!(await requireDebian(t))) return
  const file = path.join(t.testdir(), 'mine.yaml')
  const written = await runCli(t, ['new', file, ...flags])
  t.equal(written.code, 0, written.stderr)
  const reports = reportsFolder(t)
  const where = ['--platform', 'process', ...clusterFlags(await leaseCluster()), '--reports', reports]
  const { code, stdout, stderr } = await runCli(t, ['run', file, ...where])
  t.equal(code, 0, stdout + stderr)
  t.equal(lastReport(reports).verdict, 'passed')
}
