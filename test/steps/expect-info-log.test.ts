import t from 'tap'
import { LookbackBook } from '../../runner/engine/lookback.ts'
import { wantedBy } from '../../runner/engine/wanted-marks.ts'
import { logAsked, logSubject } from '../../runner/steps/expect/log.ts'
import { Names } from '../../runner/steps/names.ts'
import type { Step } from '../../runner/steps/verb.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { fakeStage, step } from '../support/fake-stage.ts'

/** A stage that notes what these steps will go back to, as a run does. */
function staged(steps: readonly Step[]) {
  const clock = new FakeClock()
  const lookback = new LookbackBook(wantedBy(steps, new Names()), clock)
  const stage = fakeStage({ clock, lookback })
  const info = new Map<string, Record<string, string | number>>()
  for (const { name } of stage.cluster.nodes) {
    info.set(name, { run_id: 'first', uptime_in_seconds: 100, sync_full: 1, role: 'master' })
    stage.cluster.answer(name, ([command, sub]) =>
      command === 'INFO' && sub === 'all'
        ? Object.entries(info.get(name) ?? {})
            .map(([field, value]) => `${field}:${value}\r\n`)
            .join('')
        : command === 'CLUSTER' && sub === 'INFO'
          ? 'cluster_state:ok\r\ncluster_my_epoch:3\r\n'
          : undefined,
    )
  }
  lookback.start()
  const log = (node: string, text: string) => lookback.readLine(node, { wallMs: clock.wallMs(), text })
  return { stage, clock, info, log }
}

const expectInfo = (info: Record<string, unknown>) => step('expect', { info: { node: 'redis-node0', ...info } })
const expectLog = (log: Record<string, unknown>) => step('expect', { log: { node: 'redis-node0', ...log } })

t.test('fields of INFO', async (t) => {
  const cases: [Record<string, unknown>, holds: boolean, seen: RegExp][] = [
    [{ sync_full: 1 }, true, /^redis-node0: sync_full "1"$/],
    [{ sync_full: { at_most: 0 } }, false, /sync_full "1"/],
    [{ sync_full: { at_least: 1, at_most: 1 } }, true, /sync_full/],
    [{ role: 'master', sync_full: 1 }, true, /role "master", sync_full "1"/],
    [{ role: { any_of: ['slave', 'master'] } }, true, /role/],
    [{ cluster_my_epoch: { at_least: 3 }, sync_full: 1 }, true, /cluster_my_epoch "3", sync_full "1"/],
    [{ sync_ful: 1 }, false, /INFO has no sync_ful; did you mean sync_full\?/],
    [{ node: ['redis-node0', 'redis-node1'], sync_full: 1 }, true, /redis-node0.*redis-node1/],
  ]
  for (const [asked, holds, seen] of cases) {
    const one = expectInfo(asked)
    const { stage } = staged([one])
    const outcome = await stage.playOne(one)
    t.equal(outcome.verdict, holds ? 'passed' : 'failed', JSON.stringify(asked))
    t.match(outcome.lastSeen, seen)
    t.strictSame(stage.bugs, [])
  }
  const one = expectInfo({ node: 'all nodes', sync_full: 1 })
  const { stage, info } = staged([one])
  info.set('redis-node3', { sync_full: 4 })
  stage.cluster.down('redis-node5')
  t.match((await stage.playOne(one)).lastSeen, /^redis-node3: sync_full "4"; .*refused.*; of the other 4 it is so$/)
})

t.test('by how much a field has grown since a phase or a step', async (t) => {
  for (const since of ['outage', 'the kill']) {
    const one = expectInfo({ since, sync_full: { at_most: 1 } })
    const begin = step('wait', '1ms', { phase: 'outage', name: 'the kill' })
    const { stage, info } = staged([begin, one])
    info.set('redis-node0', { run_id: 'first', sync_full: 5 })
    await stage.play([begin])
    info.set('redis-node0', { run_id: 'first', sync_full: 6 })
    t.match(await stage.playOne(one), { verdict: 'passed', lastSeen: 'redis-node0: sync_full +1 (5 to 6)' })
    info.set('redis-node0', { run_id: 'first', sync_full: 7 })
    t.match(await stage.playOne(one), { verdict: 'failed', lastSeen: 'redis-node0: sync_full +2 (5 to 7)' })
    info.set('redis-node0', { run_id: 'second', uptime_in_seconds: 0, sync_full: 1 })
    t.match(await stage.playOne(one), {
      verdict: 'passed',
      lastSeen: 'redis-node0: sync_full +1 (0 to 1) (a server that was started since: from 0)',
    })
    t.strictSame(stage.bugs, [])
  }
})

t.test('of a node that told nothing then, it is known only if its server is a new one', async (t) => {
  const one = expectInfo({ since: 'outage', sync_full: { at_least: 1 } })
  const begin = step('wait', '1ms', { phase: 'outage' })
  const { stage, info, clock } = staged([begin, one])
  stage.cluster.down('redis-node0')
  await stage.play([begin])
  stage.cluster.up('redis-node0')
  t.match(await stage.playOne(one), {
    verdict: 'failed',
    lastSeen: 'redis-node0 gave no INFO when "outage" began, so nobody knows what it was then',
  })
  await clock.sleep(10_000)
  info.set('redis-node0', { run_id: 'second', uptime_in_seconds: 3, sync_full: 1 })
  t.match(await stage.playOne(one), { verdict: 'passed', lastSeen: /sync_full \+1 \(0 to 1\)/ })
})

t.test('INFO is asked for at the start of a step only where a later one goes back to it', async (t) => {
  const begin = step('wait', '1ms', { phase: 'outage' })
  const other = step('wait', '1ms', { phase: 'recovery' })
  const { stage } = staged([begin, other, expectInfo({ since: 'recovery', sync_full: 1 })])
  const asked = () => stage.cluster.sent.filter(({ words }) => words[0] === 'INFO').length
  await stage.play([begin])
  t.equal(asked(), 0)
  await stage.play([other])
  t.equal(asked(), 6)
})

t.test('a line of a log', async (t) => {
  const begin = step('wait', '1ms', { phase: 'outage' })
  const steps = [begin, expectLog({ contains: 'x', since: 'outage' })]
  const { stage, log, clock } = staged(steps)
  log('redis-node0', '1:M * Ready to accept connections')
  log('redis-node0', '1:M # Full resync requested by replica 127.0.0.1:7001')
  await clock.sleep(100)
  await stage.play([begin])
  await clock.sleep(100)
  log('redis-node0', '1:M # Marking node abc as failing (quorum reached).')
  log('redis-node1', '1:S # Failover election won: I am the new master')
  const cases: [Record<string, unknown>, holds: boolean, seen: RegExp][] = [
    [{ contains: 'Full resync' }, true, /^redis-node0 logged "1:M # Full resync requested/],
    [{ contains: 'Full resync', since: 'outage' }, false, /logged 1 line, none of which is like that/],
    [{ matches: 'node \\w+ as failing', since: 'outage' }, true, /Marking node abc/],
    [{ matches: '^Marking' }, false, /the nearest: "1:M # Marking node abc as failing/],
    [{ contains: 'Partial resync requested' }, false, /logged 3 lines.*the nearest: "1:M # Full resync requested/],
    [{ contains: '(quorum' }, true, /quorum reached/],
    [{ contains: 'zzz' }, false, /the nearest: "1:M \* Ready .*" \/ ".*Full.*" \/ ".*Marking/],
    [{ node: ['redis-node0', 'redis-node1'], matches: '#' }, true, /Marking.*; redis-node1 logged/],
    [{ node: 'redis-node2', matches: '#' }, false, /redis-node2 logged 0 lines, none/],
  ]
  for (const [asked, holds, seen] of cases) {
    const outcome = await stage.playOne(expectLog(asked))
    t.equal(outcome.verdict, holds ? 'passed' : 'failed', JSON.stringify(asked))
    t.match(outcome.lastSeen, seen)
  }
  t.strictSame(stage.bugs, [])
})

t.test('how many lines of a log are like that', async (t) => {
  const { stage, log } = staged([expectLog({ contains: 'x' })])
  log('redis-node0', '1:M * Failover auth granted to abc for epoch 6')
  log('redis-node0', '1:M * Failover auth granted to abc for epoch 7')
  const granted = 'Failover auth granted'
  const cases: [Record<string, unknown>, holds: boolean, sentence: RegExp, seen: RegExp][] = [
    [
      { contains: granted, times: 2 },
      true,
      /2 lines that contain "Failover/,
      /^redis-node0 logged 2 such lines, the last/,
    ],
    [{ contains: granted, times: 1 }, false, /1 line that contains/, /2 such lines, the last of them ".*epoch 7"/],
    [{ matches: 'epoch [68]', times: 1 }, true, /1 line that matches epoch/, /1 such line, .*epoch 6/],
    [{ contains: granted, times: 0 }, false, /no line that contains/, /2 such lines/],
    [{ contains: 'denied', times: 0 }, true, /no line that contains/, /^redis-node0 logged 0 such lines$/],
    [{ contains: granted, times: { at_most: 1 } }, false, /at most 1 lines that contain/, /2 such lines/],
    [{ contains: granted, times: { at_least: 2 } }, true, /at least 2 lines that contain/, /2 such lines/],
    [
      { node: ['redis-node0', 'redis-node1'], contains: granted, times: 2 },
      false,
      /lines/,
      /redis-node1 logged 0 such/,
    ],
  ]
  for (const [asked, holds, sentence, seen] of cases) {
    const one = expectLog(asked)
    const outcome = await stage.playOne(one)
    t.equal(outcome.verdict, holds ? 'passed' : 'failed', JSON.stringify(asked))
    t.match(logSubject.sentence({ log: logAsked.parse({ node: 'redis-node0', ...asked }) }), sentence)
    t.match(outcome.lastSeen, seen)
  }
  t.strictSame(stage.bugs, [])
})

t.test('lines of before the first step are none of the scenario’s, and within waits for one', async (t) => {
  const one = step('expect', { log: { node: 'redis-node0', contains: 'ready' } }, { withinMs: 1000 })
  const clock = new FakeClock()
  const lookback = new LookbackBook(wantedBy([one], new Names()), clock)
  const stage = fakeStage({ clock, lookback })
  lookback.readLine('redis-node0', { wallMs: clock.wallMs() - 5, text: 'ready' })
  lookback.start()
  t.match(await stage.playOne(one), { verdict: 'failed', lastSeen: /logged 0 lines/ })
  lookback.readLine('redis-node0', { wallMs: clock.wallMs(), text: 'ready again' })
  t.match(await stage.playOne(one), { verdict: 'passed' })
})
