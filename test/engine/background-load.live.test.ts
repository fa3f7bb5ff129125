import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { judgements, judgeScenario } from '../../runner/checks/judge.ts'
import { ProcessPlatform } from '../../runner/platforms/process/process-platform.ts'
import { FLAG, outcomeClass } from '../../runner/record/history-codes.ts'
import { readHistory } from '../../runner/record/history-reader.ts'
import { StepFailure } from '../../runner/steps/verb.ts'
import { loadText } from '../scenario/load-text.ts'
import { type Acts, fakeRun } from '../support/fake-run.ts'
import { leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

const real = { skip: skipWithoutRedis() }
const projectRoot = new URL('../..', import.meta.url).pathname

/** A run on real servers, whose `act` steps do what the test says. */
function realRun(t: Test, acts: Acts = {}) {
  const stateFolder = mkdtempSync(join(tmpdir(), 'redis-chaos-load-'))
  t.teardown(() => rmSync(stateFolder, { recursive: true, force: true }))
  const platform = new ProcessPlatform({ server: 'redis:7.0', projectRoot, stateFolder })
  t.teardown(() => platform.close())
  const run = fakeRun(t, acts)
  let folder = ''
  const play = async (text: string) => {
    const scenario = loadText(`title: t\ncluster: { shards: 1, replicas: 0 }\n${text}`, { verbs: run.verbs })
    const result = await run.play([{ scenario, platform }], await leaseCluster())
    folder = run.of('run-ended')[0]?.folder ?? ''
    return { ...result, ended: run.of('scenario-ended')[0] }
  }
  const checks = () => run.of('check-judged').map(({ check }) => check)
  const history = (workload: string) => {
    const saved = run.of('history-saved').find((event) => event.workload === workload)
    return readHistory(join(folder, saved?.file ?? ''))
  }
  return { run, play, checks, history, folder: () => folder }
}

t.test('load runs from the first step to the last, by phases, and is judged at the end', real, async (t) => {
  const { run, play, checks, history, folder } = realRun(t)
  const { verdict } = await play(`workloads:
  a: { type: register, rate: 200/s, keys: 20 }
  b: { type: counter, rate: 100/s, keys: 5, clients: 2 }
steps:
  - wait: 500ms
  - wait: 500ms
    phase: second
checks:
  a: { lost_writes: 0, linearizable: true, p50: { at_most: 1s, during: second } }
  b: { counter: true, min_operations: 50 }
`)
  t.equal(verdict, 'passed', JSON.stringify(checks()))
  t.strictSame(
    checks().map(({ on, name, verdict }) => `${on} ${name} ${verdict}`),
    ['a lost_writes passed', 'a linearizable passed', 'a p50 passed', 'b counter passed'],
  )
  const { rows, ops, phases, complete, keys } = history('a')
  t.ok(complete)
  t.strictSame(phases, ['second'])
  const count = (is: (row: number) => boolean) => Array.from({ length: rows }, (_, row) => row).filter(is).length
  const finals = count((row) => ((ops.flags[row] ?? 0) & FLAG.final) !== 0)
  t.equal(finals, keys.length, 'every key was read back once')
  const second = count((row) => ops.phase[row] === 0 && ((ops.flags[row] ?? 0) & FLAG.final) === 0)
  const first = rows - finals - second
  t.ok(first > 60 && second > 60, `both phases have operations of their own: ${first} and ${second}`)
  const startMs = run.of('scenario-started')[0]?.atMs ?? 0
  const [began = 0, ended = 0] = [run.of('step-started')[1], run.of('step-ended')[1]].map(
    (event) => (event?.atMs ?? 0) - startMs,
  )
  const within = count((row) => (ops.invokeMs[row] ?? 0) >= began && (ops.invokeMs[row] ?? 0) < ended)
  t.ok(Math.abs(second - within) <= 40, `${second} are of the second phase, and ${within} began in its step`)
  const bins = run.of('load-bins').filter(({ workload }) => workload === 'a')
  const inBins = bins.flatMap(({ series }) => [...series.ok, ...series.failed, ...series.indeterminate])
  t.equal(
    inBins.reduce((sum, one) => sum + one, 0),
    rows - finals - count((row) => outcomeClass(ops.outcome[row] ?? 0) === 'unsent'),
    'the bins hold every operation that was sent',
  )
  t.strictSame(judgeScenario(run.events, 0, folder()), checks(), 'judging again gives the same')
  t.equal([...judgements(run.events, 0, folder())].length, checks().length, 'a check at a time')
})

t.test('a check without samples fails, and one with too little load is inconclusive', real, async (t) => {
  const { play, checks } = realRun(t)
  const { exitCode, ended } = await play(`workloads: { a: { type: register, rate: 1/m } }
steps: [{ wait: 300ms }]
checks: { a: { lost_writes: 0, p99: 1s } }
`)
  t.equal(exitCode, 1)
  t.strictSame(
    checks().map(({ verdict }) => verdict),
    ['not-evaluated', 'not-evaluated'],
  )
  t.match(ended, { verdict: 'failed', reason: /^check lost_writes of a: / })

  const again = realRun(t)
  const few = await again.play(`workloads: { a: { type: register, rate: 20/s } }
steps: [{ wait: 300ms }]
checks: { a: { lost_writes: 0 } }
`)
  t.match(few, { exitCode: 3, ended: { verdict: 'inconclusive', reason: /too few to judge by/ } })
})

t.test('a load that was hardly sent is inconclusive, and says how little was', real, async (t) => {
  const { play, checks } = realRun(t)
  // One client sends an operation after the other: it cannot send as many.
  const { exitCode } = await play(`workloads:
  a: { type: register, clients: 1, rate: 50000/s, keys: 20 }
steps:
  - wait: 500ms
checks: { a: { error_rate: 100%, min_operations: 0 } }
`)
  t.equal(exitCode, 3)
  const [outcome] = checks()
  t.match(outcome, {
    verdict: 'inconclusive',
    explanation: /Yet only \d+ of the \d+ operations that were due were sent/,
  })
  const { due = 0, sent = 0 } = outcome?.load ?? {}
  t.ok(sent > 0 && sent * 2 < due, `${sent} of ${due}`)
  t.equal(outcome?.samples, sent, 'what was not sent is not judged')
})

t.test('what a client did not send while it waited for a server is nothing that it lacks', real, async (t) => {
  const { play, checks } = realRun(t)
  const { exitCode } = await play(`workloads:
  a: { type: register, clients: 1, rate: 500/s, keys: 20, timeout: 700ms }
steps:
  - redis: CLIENT PAUSE 3000 ALL
    on: redis-node0
  - wait: 1200ms
checks: { a: { error_rate: 100%, min_operations: 0 } }
`)
  t.equal(exitCode, 0)
  t.match(checks(), [{ verdict: 'passed', explanation: /timeout/ }])
})

/** The only server answers nobody for so long, and the steps end while it is silent. */
const silentAtTheEnd = (silentMs: number, checks: string) => `workloads:
  a: { type: register, clients: 60, rate: 100/s, keys: 20, timeout: 300ms }
steps:
  - wait: 500ms
  - redis: CLIENT PAUSE ${silentMs} ALL
    on: redis-node0
  - wait: 300ms
checks: { a: { ${checks}, min_operations: 10 } }
`

t.test('an outage that is open when the steps are over is recorded to its end', real, async (t) => {
  const { run, play, checks } = realRun(t)
  await play(silentAtTheEnd(1500, 'longest_outage: 20s'))
  const [outcome] = checks()
  t.match(outcome, { verdict: 'passed' }, outcome?.explanation ?? '')
  t.ok((outcome?.amount ?? 0) > 1000, `${outcome?.value} is all of it`)
  const said = run.of('progress').map(({ text }) => text)
  const ofOutages = said.filter((text) => /an outage|is left$/.test(text))
  t.match(ofOutages.slice(-2), [/^waiting up to 20\.\d+ s for an outage of a to end$/, 'looking at what is left'])
})

t.test('a recording waits no longer than an outage may last', real, async (t) => {
  const { play, checks } = realRun(t)
  await play(silentAtTheEnd(5000, 'longest_outage: { at_most: 1s }'))
  const [outcome] = checks()
  t.match(outcome, { verdict: 'failed', value: /^at least / }, outcome?.explanation ?? '')
})

t.test('a recording that waits for an outage to end stops at once when the run is interrupted', real, async (t) => {
  const { run, play, history } = realRun(t)
  run.onEvent = (event) => {
    if (event.type === 'progress' && event.text.startsWith('waiting up to')) run.controller.abort(new Error('enough'))
  }
  const { ended } = await play(silentAtTheEnd(3000, 'longest_outage: 60s'))
  t.match(ended, { verdict: 'error' })
  t.ok(history('a').complete)
})

t.test('a recording without an outage waits for nothing', real, async (t) => {
  const { run, play, checks } = realRun(t)
  await play(`workloads: { a: { type: register, rate: 500/s } }
steps: [{ wait: 500ms }]
checks: { a: { longest_outage: 5s } }
`)
  t.match(checks(), [{ verdict: 'passed' }])
  t.notOk(run.of('progress').some(({ text }) => /an outage/.test(text)))
})

t.test('a step that fails is the reason, and the checks are judged all the same', real, async (t) => {
  const fail = () => {
    throw new StepFailure({ message: 'expected five' })
  }
  const { play, checks } = realRun(t, { fail })
  const { exitCode, ended } = await play(`workloads: { a: { type: register, rate: 500/s } }
steps: [{ wait: 500ms }, { act: fail }]
checks: { a: { lost_writes: 0, throughput: 100000/s } }
`)
  t.equal(exitCode, 1)
  t.match(ended, { verdict: 'failed', reason: /expected five/ })
  t.strictSame(
    checks().map(({ verdict }) => verdict),
    ['passed', 'failed'],
  )
})

t.test('what these servers do not have is an error that says what to do', real, async (t) => {
  const { play, checks } = realRun(t)
  const { exitCode, ended } = await play(`workloads: { a: { type: register, durability: {} } }
steps: [{ wait: 100ms }]
checks: { a: { lost_writes: 0 } }
`)
  t.equal(exitCode, 3)
  t.match(ended, {
    verdict: 'error',
    reason: /the workload a has `durability`, and these servers have no WAITAOF/,
    hint: /7\.2/,
  })
  t.strictSame(checks(), [])
})

t.test('an interrupted run ends its load at once, keeps the history and judges nothing', real, async (t) => {
  const { run, play, checks, history } = realRun(t)
  run.onEvent = ({ type }) => {
    if (type === 'load-bins') run.controller.abort(new Error('enough'))
  }
  const startMs = performance.now()
  const { ended } = await play(`workloads: { a: { type: register, rate: 500/s } }
steps: [{ wait: 60s }]
checks: { a: { lost_writes: 0 } }
`)
  t.ok(performance.now() - startMs < 30_000)
  t.match(ended, { verdict: 'error' })
  t.strictSame(checks(), [])
  t.ok(history('a').complete && history('a').rows > 100)
})
