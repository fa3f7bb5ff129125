import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { leaveEmptyPart } from '../../../runner/commands/play/empty-part.ts'
import { mergedRun } from '../../../runner/commands/report/merge.ts'
import type { EventOf, RunEvent } from '../../../runner/record/events.ts'
import { step, Tape } from '../../support/sample-events.ts'

type Start = Partial<EventOf<'run-started'>>

/** The record of a run that played these scenarios, each of a step. */
function record(ids: readonly string[], start: Start): RunEvent[] {
  const tape = new Tape().runStarted('suite', ids.length)
  Object.assign(tape.events[0] ?? {}, { runId: `run of ${ids.join()}`, ...start })
  for (const [scenario, id] of ids.entries()) {
    const only = step('1', 'wait', 'wait 1s', 3)
    tape.scenarioStarted(scenario, id, id, [only]).played(only, 1000, { verdict: 'passed' }, scenario)
    tape.add({ type: 'scenario-ended', scenario, verdict: 'passed', durationMs: 1000, setupMs: 0, cleanupMs: 0 })
  }
  return tape.runEnded('passed', 0).events
}

/** A folder with a run in each of the folders named; `merge` puts those together that are named. */
function runsIn(t: Test, runs: Readonly<Record<string, readonly RunEvent[]>>) {
  const root = t.testdir({})
  const place = (name: string) => path.join(root, name)
  for (const [name, events] of Object.entries(runs)) {
    mkdirSync(place(name), { recursive: true })
    writeFileSync(place(`${name}/events.jsonl`), events.map((event) => `${JSON.stringify(event)}\n`).join(''))
  }
  const merge = (...names: string[]) =>
    mergedRun(names.map(place), { reports: place('whole'), baseline: undefined }).run
  return { place, merge }
}

t.test('a part that was played twice counts once: both are named', async (t) => {
  const shard = { number: 1, of: 2, plan: 'p', on: 'redis:7.0' }
  const { merge } = runsIn(t, {
    first: record(['a'], { runId: 'first', seed: 1, shard }),
    again: record(['a'], { runId: 'again', seed: 2, shard }),
    other: record(['b'], { runId: 'other', shard: { ...shard, number: 2 } }),
  })
  t.throws(() => merge('first', 'again', 'other'), {
    name: 'UsageError',
    message: /part 1 of 2 on redis:7\.0 was played twice, in .*first and in .*again: name one of them/,
  })
  t.match(merge('again', 'other'), { exitCode: 0, warnings: [] })
})

t.test('parts that had nothing to do belong to the whole', async (t) => {
  const { place, merge } = runsIn(t, {
    first: record(['a'], { runId: 'first', name: 'a', shard: { number: 1, of: 3, plan: 'p' } }),
    second: record(['b'], { runId: 'second', name: 'a', shard: { number: 2, of: 3, plan: 'p' } }),
  })
  const said: string[] = []
  const out = { print: () => 0, progress: (text: string) => said.push(text), color: false, failures: () => [] }
  const empty = { reports: place('third'), name: 'suite', command: 'run' }
  t.equal(leaveEmptyPart({ ...empty, shard: { number: 3, of: 3, plan: 'p', on: 'redis:7.0' } }, out), 0)
  t.equal(leaveEmptyPart({ ...empty, reports: place('none'), shard: undefined }, out), 0)
  t.notOk(existsSync(place('none')), 'what is no part leaves nothing')
  t.match(merge('first', 'second'), { exitCode: 3, warnings: [/part 3 is missing/] })
  const whole = merge('first', 'second', 'third')
  t.match(whole, { verdict: 'passed', exitCode: 0, name: 'a', warnings: [], scenarios: { length: 2 } })
  t.strictSame(said, [])
  const junit = readFileSync(place('third/latest/junit.xml'), 'utf8')
  t.match(junit, /<testsuites name="suite" tests="0"/)
})

t.test('what was merged can be merged on, and counts once', async (t) => {
  const runs = Object.fromEntries(['a', 'b', 'c'].map((id) => [id, record([id], { runId: id })]))
  const { place, merge } = runsIn(t, runs)
  const tier = (to: string, ...names: string[]) =>
    mergedRun(names.map(place), { reports: place(to), baseline: undefined }).run
  tier('one', 'a', 'b')
  const whole = tier('two', 'one', 'c')
  t.match(whole, { scenarios: [{ id: 'a' }, { id: 'b' }, { id: 'c' }], exitCode: 0 })
  t.strictSame([...(whole.merged ?? [])].sort(), ['a', 'b', 'c'])
  t.equal(merge('one', 'a', 'b', 'c', 'two').scenarios.length, 3, 'merges beside all that they were made from')
  t.throws(() => merge('one', 'a'), { name: 'UsageError', message: /one\S* and \S*a hold the same run: name one/ })
  t.throws(() => merge('one', 'two'), /hold the same run/)
  t.equal(merge('two').scenarios.length, 3, 'a merge alone')
})
