import t from 'tap'
import { type PageLogs, pageLogs } from '../../../runner/report/html/sections/logs.ts'
import type { ScenarioReport } from '../../../runner/results/report-model.ts'
import { reduceRun } from '../../../runner/results/run-model.ts'
import { STARTED_AT } from '../../support/sample-events.ts'
import { fullEvents } from '../../support/sample-run-folder.ts'

const IDS = ['a', 'b', 'c'].map((letter) => letter.repeat(40))

/** The sample scenario, of whose nodes as many have logs as there are texts. */
function logsOf(texts: readonly (string | undefined)[]): PageLogs {
  const [scenario] = reduceRun(fullEvents('passing')).scenarios
  if (scenario === undefined) throw new Error('the sample run holds no scenario')
  const logs = texts.map((_, place) => ({ node: `redis-node${place}`, file: `nodes/${place}.log` }))
  const own: ScenarioReport = { ...scenario, logs }
  return pageLogs(own, { text: (file) => texts[logs.findIndex((log) => log.file === file)] })
}

/** A line as it is kept, so many ms after the scenario's start. */
function line(ms: number, text: string, mark = '*'): string {
  const stamp = new Date(Date.parse(STARTED_AT) + ms).toISOString()
  return `${stamp} 4711:M 22 Nov 2026 ${stamp.slice(11, 23)} ${mark} ${text}\n`
}

t.test('lines of all nodes in one order, on the clock of the scenario', async (t) => {
  const { nodes, lines, left } = logsOf([
    line(100, 'Ready to accept connections') + line(300, 'Background saving started'),
    line(200, 'Cluster state changed: ok', '#'),
  ])
  t.same(nodes, ['redis-node0', 'redis-node1'])
  t.same(lines, [
    [100, 0, '* Ready to accept connections', 1],
    [200, 1, '# Cluster state changed: ok', 1],
    [300, 0, '* Background saving started', 0],
  ])
  t.equal(left, 0)
})

t.test('ids are told as names, where a node said which is its own', async (t) => {
  const { lines } = logsOf([
    line(1, `No cluster configuration found, I'm ${IDS[0]}`),
    line(2, `Node configuration loaded, I'm ${IDS[1]}`) +
      line(3, `FAIL message received from ${IDS[1]} about ${IDS[0]}; ${IDS[2]} is nobody known`),
  ])
  t.equal(lines.at(-1)?.[2], `* FAIL message received from redis-node1 about redis-node0; ${IDS[2]} is nobody known`)
})

t.test('what is no line of a server is told as it is; what has no stamp, or was cut off, is left out', async (t) => {
  const { lines } = logsOf([
    `no stamp\n\n${new Date(Date.parse(STARTED_AT) + 5).toISOString()} *** FATAL CONFIG FILE ERROR ***\n`,
    undefined,
    `${line(7, '</script>&"\u2028\r', '#')}2026-11-2`,
  ])
  t.same(lines, [
    [5, 0, '*** FATAL CONFIG FILE ERROR ***', 0],
    [7, 2, '# </script>&"\u2028\r', 0],
  ])
})

t.test('too many lines: those that tell of the cluster stay, and how many are left out is told', async (t) => {
  const noise = Array.from({ length: 9000 }, (_, place) => line(place, `DB saved on disk ${'x'.repeat(80)}`)).join('')
  const { lines, left } = logsOf([noise + line(9500, 'Failover election won: I am the new master.')])
  t.equal(left, 9000)
  t.same(lines, [[9500, 0, '* Failover election won: I am the new master.', 1]])
})

t.test('still too many: those nearest to what happened stay, in their order', async (t) => {
  const telling = Array.from({ length: 20_000 }, (_, place) =>
    line(place * 100, `Cluster state changed: fail ${'x'.repeat(80)}`),
  ).join('')
  const { lines, left } = logsOf([telling])
  const room = lines.reduce((sum, [, , text]) => sum + text.length, 0)
  t.ok(room <= 700_000, `${room} characters`)
  t.ok(room > 600_000, 'the room is used')
  t.equal(lines.length + left, 20_000)
  t.same(
    lines.map(([ms]) => ms),
    lines.map(([ms]) => ms).sort((a, b) => a - b),
  )
  t.ok((lines.at(-1)?.[0] ?? 0) < 700_000, 'what is long after the last step goes first')
})

t.test('what servers advise at their start tells nothing of the cluster', async (t) => {
  const advice =
    'WARNING Memory overcommit must be enabled! Without it, a background save or replication may fail under low memory condition.'
  const { lines } = logsOf([line(100, advice, '#') + line(200, 'Cluster state changed: fail', '#')])
  t.strictSame(
    lines.map(([, , , tells]) => tells),
    [0, 1],
  )
})
