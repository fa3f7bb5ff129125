import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { PLAYED_HEADING, playedText, twinRunSchema, twinsIn, twinText } from '../../scripts/twin-text.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

t.test('docs/twin-table.md is what `npm run twin-table` writes', async (t) => {
  const page = readFileSync(`${root}/docs/twin-table.md`, 'utf8')
  const twins = twinsIn(`${root}/scenarios`)
  t.equal(page.slice(0, page.indexOf(PLAYED_HEADING)), `${twinText(twins)}\n`, 'it is up to date')
})

const LIE = 'lie: { from: master of shard 1, to: replica of shard 1, how: skip, every: 3 }'
const SCENARIO = `title: First
steps:
  - write: { keys: 10, as: orders }
  - name: All there
    verify: orders
twins:
  - because: Not all of it arrives
    before: All there
    steps: [${LIE}]
    fails: All there
  - because: It waits | for long
    config: { cluster-node-timeout: 60000 }
    fails: All there
`
const KINDS = [
  { name: 'Writes: skipped', says: 'A write is missing.', lies: ['skip'] },
  { name: 'Reordered', says: 'Two come in the other order.', lies: ['reorder'], of: ['one#2'] },
]
const tableRows = (text: string) => text.split('\n').filter((line) => line.startsWith('| [one]'))

t.test('a lie stands below its kind, what else is planted where it is said to, and the rest at the end', async (t) => {
  const twins = twinsIn(t.testdir({ basic: { 'one.yaml': SCENARIO } }))
  const text = twinText(twins, KINDS)
  t.match(text, '| [Writes: skipped](#writes-skipped) | 1 | 1 | 1 |')
  t.strictSame(tableRows(text), [
    '| [one](../scenarios/basic/one.yaml) | Not all of it arrives | before "All there": lie to replica of shard 1 about what master of shard 1 sends: leave out every 3rd write | step "All there" |',
    '| [one](../scenarios/basic/one.yaml) | It waits \\| for long | setting cluster-node-timeout 60000 | step "All there" |',
  ])
  t.match(text, 'No twin tells the lie `reorder` yet.')
  t.notMatch(text, '## Others')
  t.match(twinText(twins, KINDS.slice(0, 1)), /## Others\n[^#]*It waits/)
  t.throws(() => twinText(twins, [{ name: 'K', says: '', of: ['two'] }]), {
    message: 'there is no twin two, which stands below "K" in twin-kinds.ts',
  })
})

t.test('a scenario with a mistake is told', async (t) => {
  t.throws(() => twinsIn(t.testdir({ basic: { 'bad.yaml': 'title: [\n' } })), { message: /basic\/bad is wrong/ })
})

const play = (because: string, verdict: string, server = 'redis 7.0.15', platform = 'process') => ({
  verdict,
  platform,
  server,
  reason: `it was ${verdict}`,
  twin: { of: 'one', because },
})
const run = (startedAt: string, ...scenarios: object[]) => twinRunSchema.parse({ startedAt, scenarios })

t.test('of each twin the last play counts, on each server and platform', async (t) => {
  const twins = twinsIn(t.testdir({ basic: { 'one.yaml': SCENARIO } }))
  const text = playedText(twins, [
    run('2026-11-30T03:00:00.000Z', play('Not all of it arrives', 'passed'), play('It waits | for long', 'failed')),
    run('2026-11-29T03:00:00.000Z', play('Not all of it arrives', 'failed'), play('What it was once', 'failed')),
    run('2026-11-28T03:00:00.000Z', play('It waits | for long', 'skipped', 'valkey 9.1.0')),
    run('2026-11-28T04:00:00.000Z', play('It waits | for long', 'inconclusive', 'redis 7.0.15', 'docker')),
    run('2026-11-30T05:00:00.000Z', { verdict: 'failed', platform: 'docker', server: 'redis 6.0.16' }),
  ])
  t.strictSame(
    text.split('\n').filter((line) => line.startsWith('| ')),
    [
      '| server | as it should | otherwise | no verdict | skipped | not played | last |',
      '| redis 7.0.15, docker | 0 | 0 | 1 | 0 | 1 | 2026-11-28 |',
      '| redis 7.0.15, process | 1 | 1 | 0 | 0 | 0 | 2026-11-30 |',
      '| valkey 9.1.0, process | 0 | 0 | 0 | 1 | 1 | 2026-11-28 |',
      '| twin | redis 7.0.15<br>docker | redis 7.0.15<br>process | valkey 9.1.0<br>process |',
      '| [one](../scenarios/basic/one.yaml) 1 |  | ✔ |  |',
      '| [one](../scenarios/basic/one.yaml) 2 | ? | ✖ | – |',
    ],
  )
  t.match(text, '- **one#2** on redis 7.0.15, process: failed, it was failed')
  t.match(playedText(twins, []), 'No reports were given.')
})
