import t from 'tap'
import { runSchema, serverText } from '../../scripts/server-text.ts'

const play = (name: string, verdict: string, server = 'redis 7.0.15', reason?: string, platform = 'process') => ({
  file: `scenarios/basic/${name}.yaml`,
  verdict,
  platform,
  server,
  ...(reason !== undefined && { reason }),
})
const run = (...scenarios: ReturnType<typeof play>[]) =>
  runSchema.parse({ version: 1, startedAt: '2026-11-30T03:00:00.000Z', verdict: 'passed', scenarios })

t.test('each scenario has a cell for each server, and what is not green its reason', async (t) => {
  const scenarios = t.testdir({
    basic: { 'one.yaml': 'title: First\n', 'two.yaml': 'title: Second\n', 'three.yaml': 'title: Third\n' },
  })
  const text = serverText(
    [
      run(play('one', 'passed'), play('two', 'passed'), play('two', 'failed', 'redis 7.0.15', 'step 3: it was\nso')),
      run(play('one', 'skipped', 'redis 6.0.16', 'it needs valkey <8.1, and this is redis 6.0.16')),
      run(play('one', 'inconclusive', 'redis 7.0.15', 'too little load', 'docker'), play('gone', 'failed')),
    ],
    scenarios,
  )
  const rows = text.split('\n').filter((line) => line.startsWith('|') && !line.startsWith('|-'))
  t.strictSame(rows, [
    '| server | platform | passed | failed | no verdict | skipped | not played |',
    '| redis 6.0.16 | process | 0 | 0 | 0 | 1 | 2 |',
    '| redis 7.0.15 | process | 1 | 1 | 0 | 0 | 1 |',
    '| redis 7.0.15 | docker | 0 | 0 | 1 | 0 | 2 |',
    '| scenario | redis 6.0.16<br>process | redis 7.0.15<br>process | redis 7.0.15<br>docker |',
    '| [one](../scenarios/basic/one.yaml) | – | ✔ | ? |',
    '| [three](../scenarios/basic/three.yaml) |  |  |  |',
    '| [two](../scenarios/basic/two.yaml) |  | ✖ 1/2 |  |',
    '| reason | redis 6.0.16<br>process | redis 7.0.15<br>process | redis 7.0.15<br>docker | scenarios |',
    '| it needs valkey &lt;8.1, and this is the server. | 1 |  |  | one |',
  ])
  t.strictSame(
    text.split('\n').filter((line) => line.startsWith('- ')),
    [
      '- **one**, inconclusive: too little load. On redis 7.0.15 (docker).',
      '- **two**, failed: step 3: it was so. On redis 7.0.15 (process).',
    ],
  )
  t.match(text, '2026-11-30 to 2026-11-30')
})

t.test('of several runs on a server the last counts, in whatever order they are read', async (t) => {
  const scenarios = t.testdir({ basic: { 'one.yaml': 'title: First\n', 'two.yaml': 'title: Second\n' } })
  const at = (startedAt: string, ...plays: ReturnType<typeof play>[]) => ({ ...run(...plays), startedAt })
  const text = serverText(
    [
      at('2026-11-30T03:00:00.000Z', play('one', 'passed'), play('one', 'passed')),
      at('2026-11-29T03:00:00.000Z', play('one', 'failed'), play('two', 'failed', 'redis 7.0.15', 'no')),
      at('2026-11-30T04:00:00.000Z', play('two', 'skipped', 'redis 7.0.15', 'it cannot be done here')),
    ],
    scenarios,
  )
  t.match(text, '| redis 7.0.15 | process | 1 | 0 | 0 | 1 | 0 |')
  t.match(text, '| it cannot be done here. | 1 | two |')
  t.notMatch(text, '## What failed')
  t.match(text, '3 runs, 2026-11-29 to 2026-11-30')
})

t.test('what is no report of a run is refused', async (t) => {
  t.throws(() => runSchema.parse({ startedAt: 'x' }), /scenarios/)
})
