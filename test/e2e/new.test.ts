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
  const folder = t.testdir()
  const refused: [flags: string[], why: RegExp][] = [
    [['--fails', 'kil'], /--fails takes kill, .*not `kil`; did you mean `kill`\?/],
    [['--load', 'registr'], /did you mean `register`\?/],
    [['--survives', 'writes,sevice'], /did you mean `service`\?/],
    [['--survives', ''], /--survives names nothing/],
    [['--target', 'master of shrd 1'], /did you mean "master of shard 1"\?/],
    [['--target', 'redis-node0'], /does not say whether masters or replicas are meant/],
    [['--target', 'all nodes'], /does not say whether masters or replicas are meant/],
    [['--target', 'master of shard 4'], /3 shards/],
    [['--target', '4 random masters'], /has 3 masters, and not 4/],
    [['--for', '5'], /--for takes a duration from 1s to 10m, as 5s, not `5`/],
    [['--for', '11m'], /from 1s to 10m/],
    [['--for', '5s', '--fails', 'restart'], /--for does not go with --fails restart/],
    [['--load', 'none', '--survives', 'writes'], /there is no load; it goes with data/],
    [['--load', 'pubsub', '--survives', 'writes'], /keeps nothing; it goes with data and service/],
    [['--fails', 'disk-full', '--target', 'random replica'], /goes with masters/],
    [['--fails', 'partition', '--target', 'all masters'], /still reach each other/],
    [['--fails', 'failover', '--target', 'all replicas'], /moves one shard/],
    [['--surives', 'data'], /did you mean --survives\?/],
    [['another'], /new writes one scenario/],
  ]
  // One after another: each is a program of its own.
  for (const [flags, why] of refused) {
    const { code, stderr } = await runCli(t, ['new', path.join(folder, 'no'), ...flags])
    t.match({ code, stderr }, { code: 2, stderr: why }, flags.join(' '))
  }
  t.match(await runCli(t, ['new']), { code: 2, stderr: /name the scenario that is to be written/ })
  t.match(await runCli(t, ['new', 'a b']), { code: 2, stderr: /`a b` is no name for a scenario/ })
  t.notOk(existsSync(path.join(folder, 'no.yaml')))
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
