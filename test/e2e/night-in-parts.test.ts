import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import type { Night } from '../../runner/record/nights.ts'
import { reportsFolder, runCli } from '../support/cli.ts'
import { failover } from '../support/failover-scenario.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

t.test('two nights in two parts: merged, they are judged and kept as one', { skip: skipWithoutRedis() }, async (t) => {
  const reports = reportsFolder(t)
  const library = path.join(reports, 'library')
  mkdirSync(library)
  const write = (name: string, nodeTimeoutMs: number) =>
    writeFileSync(path.join(library, `${name}.yaml`), failover(nodeTimeoutMs))
  const whole = path.join(reports, 'whole')
  const baseline = path.join(whole, 'baseline.json')
  const nights = () => JSON.parse(readFileSync(baseline, 'utf8')).nights as Night[]
  const place = ['--scenarios', library, '--no-stock', '--platform', 'process', ...clusterFlags(await leaseCluster())]
  const part = async (night: string, number: number) => {
    const folder = path.join(reports, night, `part-${number}`)
    const shard = ['--shard', `${number}/2`, '--baseline', baseline, '--reports', folder]
    const played = await runCli(t, ['nightly', ...place, ...shard])
    t.equal(played.code, 0, played.stdout + played.stderr)
    t.match(played.stdout.replace(/\s+/g, ' '), new RegExp(`Part ${number} of 2 of a night: .*judged of the whole`))
    return played
  }
  const merge = (night: string, ...more: string[]) =>
    runCli(t, ['report', '--merge', path.join(reports, night), '--reports', whole, ...more])

  write('a', 500)
  write('b', 500)
  await part('first', 1)
  await part('first', 2)
  t.notOk(existsSync(baseline), 'a part keeps nothing')
  const first = await merge('first')
  t.equal(first.code, 0, first.stdout + first.stderr)
  t.match(first.stdout, /Nothing to compare with yet: this is the first night\./)
  t.notMatch(first.stdout, /Part \d of 2/)
  t.match(first.stderr, /baseline .*baseline\.json: 1 night, of each scenario up to 20/)

  write('b', 1500)
  const played = [await part('second', 1), await part('second', 2)]
  const again = /slower than before, or not always the same: b on .*; played \d+ times more/
  t.equal(played.filter(({ stderr }) => again.test(stderr)).length, 1, 'the part that has it plays it again')
  const second = await merge('second')
  t.equal(second.code, 4, second.stdout + second.stderr)
  t.match(second.stdout, /Compared with the 1 night before, \d measures .*: \d slower/)
  t.match(second.stdout.replace(/\s+/g, ' '), /b on redis\S*, process: failover time is \d+\.\d % slower/)
  t.match(nights(), [
    { parts: { length: 2 }, scenarios: { length: 2 } },
    { parts: { length: 2 }, scenarios: { length: 2 } },
  ])
  t.strictSame(
    nights()[1]?.scenarios.map(({ part }) => part),
    [1, 2],
    'which machine played what',
  )
  t.equal(JSON.parse(readFileSync(path.join(whole, 'latest', 'report.json'), 'utf8')).exitCode, 4)
  t.match(readFileSync(path.join(whole, 'latest', 'junit.xml'), 'utf8'), /<testsuites name="nightly"/)

  const trends = readFileSync(path.join(whole, 'trends.jsonl'), 'utf8').trim().split('\n')
  const last = (id: string) => trends.map((line) => JSON.parse(line)).findLast((line) => line.id === id)
  t.match([last('a'), last('b')], [{ state: 'stable' }, { state: 'slower', why: /% slower/ }])

  const twice = await merge('second')
  t.equal(twice.code, 4, 'merged again it is judged alike')
  t.equal(nights().length, 2, 'and is the same night')

  const half = await runCli(t, ['report', '--merge', path.join(reports, 'second', 'part-1'), '--reports', reports])
  t.equal(half.code, 3, half.stdout + half.stderr)
  t.match(half.stdout, /part 2 is missing/)
})

t.test('a baseline where nothing is to be judged: exit 2', async (t) => {
  const { code, stderr } = await runCli(t, ['report', '--baseline', 'baseline.json'])
  t.equal(code, 2)
  t.match(stderr, /--baseline goes with --merge/)
})
