import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { Comparison } from '../../runner/record/comparison.ts'
import { junitReport } from '../../runner/report/junit.ts'
import { reduceRun } from '../../runner/results/run-model.ts'
import { environmentErrorRun, failingRun, SAMPLES, step, Tape } from '../support/sample-events.ts'

const SCHEMA = fileURLToPath(new URL('./junit.xsd', import.meta.url))
const hasXmllint = spawnSync('xmllint', ['--version']).error === undefined
const needsXmllint =
  hasXmllint || process.env.REQUIRE_XMLLINT === '1' ? false : 'needs xmllint (apt-get install libxml2-utils)'

/** What a validating reader has against it; empty if nothing. */
function complaints(xml: string): string {
  const { status, stderr, error } = spawnSync('xmllint', ['--noout', '--nonet', '--schema', SCHEMA, '-'], {
    input: xml,
    encoding: 'utf8',
  })
  if (error) throw error
  return status === 0 ? '' : stderr
}

for (const [name, events] of Object.entries(SAMPLES)) {
  t.test(`${name} keeps to the schema, and its counts are true`, { skip: needsXmllint }, async (t) => {
    const run = reduceRun(events())
    const xml = junitReport(run)
    t.equal(complaints(xml), '')
    const counts = /<testsuites name="[^"]*" tests="(\d+)" failures="(\d+)" errors="(\d+)"/.exec(xml)
    const count = (element: string) => String(xml.match(new RegExp(`<${element}[ >]`, 'g'))?.length ?? 0)
    t.strictSame(counts?.slice(1), ['testcase', 'failure', 'error'].map(count))
    const skipped = [...xml.matchAll(/<testsuite [^>]*skipped="(\d+)"/g)].map(([, value]) => Number(value))
    t.equal(String(skipped.reduce((sum, value) => sum + value, 0)), count('skipped'))
    t.equal(counts?.[2] === '0' && counts?.[3] === '0', run.verdict === 'passed')
  })
}

t.test('a failed expectation is a failure, a broken environment an error', async (t) => {
  t.match(
    junitReport(reduceRun(failingRun())),
    /<testsuite name="[^"]*" tests="14" failures="1" errors="0" skipped="10"/,
  )
  t.match(
    junitReport(reduceRun(environmentErrorRun())),
    /<testsuite name="[^"]*" tests="15" failures="0" errors="1" skipped="14"/,
  )
})

t.test('a regression has the same name every night', async (t) => {
  const measured = (key: Pick<Comparison, 'scenario' | 'server' | 'metric' | 'client'>): Comparison => ({
    ...{ platform: 'process', verdict: 'regressed', samples: [2], baseline: [1], sentence: 'It is slower.', ...key },
  })
  const outage = measured({ scenario: 'a', server: 'redis:7.0', metric: 'outage' })
  const failover = measured({ scenario: 'b', server: 'valkey:9.1', metric: 'failover', client: 'ioredis' })
  const night = (...comparisons: Comparison[]) => {
    const tape = new Tape().runStarted('nightly', 0)
    tape.add({ type: 'baseline-compared', file: 'baseline.json', savedAt: '', comparisons })
    const xml = junitReport(reduceRun(tape.runEnded('passed', 4).events))
    return [...xml.matchAll(/<testcase name="([^"]*)" classname="([^"]*)"/g)].map(([, name, of]) => `${of} ${name}`)
  }
  const slow = 'nightly b through ioredis on valkey:9.1, process: failover time'
  t.strictSame(night(outage, failover), ['nightly a on redis:7.0, process: outage', slow])
  t.strictSame(night(failover), [slow], 'alone as beside others')
})

t.test('any text survives', { skip: needsXmllint }, async (t) => {
  const nasty = step('1', 'redis', 'GET "<a>" & \'b\' ]]>', 3)
  const message = 'got "\u0000\u001b[31m\ud800\uffff" & <nothing>\nsecond line'
  const tape = new Tape().runStarted('x').scenarioStarted(0, 'x', 'x', [nasty])
  tape.played(nasty, 1, { verdict: 'failed', error: { message } })
  const xml = junitReport(reduceRun(tape.events))
  t.equal(complaints(xml), '')
  t.match(xml, 'name="1 GET &quot;&lt;a&gt;&quot; &amp; \'b\' ]]&gt;"')
  t.match(xml, 'message="got &quot;\\x00\\x1b[31m\ufffd\ufffd&quot; &amp; &lt;nothing&gt;&#10;second line"')
})

t.test('the schema refuses what a reader would', { skip: needsXmllint }, async (t) => {
  const xml = junitReport(reduceRun(failingRun()))
  t.match(complaints(xml.replace('</testsuites>', '')), /Premature end of data/)
  t.match(complaints(xml.replace('<testsuites ', '<testsuites skipped="1" ')), /The attribute 'skipped' is not allowed/)
  t.match(complaints(xml.replace(/ tests="\d+"/, ' tests="many"')), /'many' is not a valid value/)
  const [twice = ''] = xml.match(/<testcase .*?<\/testcase>/s) ?? []
  t.match(complaints(xml.replace(twice, twice + twice)), /Duplicate key-sequence/)
})

t.test(
  'repeats, and plays on several servers, are cases of their own to every reader',
  { skip: needsXmllint },
  async (t) => {
    const servers = ['redis:7.0', 'valkey:8.1']
    const plays = servers.flatMap((asked) => [1, 2, 3].map((number) => ({ asked, repeat: { number, of: 3 } })))
    const started = { ...step('1', 'wait', 'wait 1s', 3) }
    const tape = new Tape().runStarted('suite', plays.length + 1)
    for (const [place, play] of [...plays, { asked: 'redis:7.0', repeat: { number: 1, of: 3 } }].entries()) {
      tape.scenarioStarted(place, 'x', 'x', [started])
      Object.assign(tape.events.at(-1) ?? {}, play)
      tape.played(started, 1, {}, place)
      const times = { durationMs: 1, setupMs: 0, cleanupMs: 0 }
      tape.add({ type: 'scenario-ended', scenario: place, verdict: 'passed', ...times })
    }
    const xml = junitReport(reduceRun(tape.runEnded('passed', 0).events))
    t.equal(complaints(xml), '')
    const names = [...xml.matchAll(/<testcase name="([^"]*)" classname="([^"]*)"/g)].map(
      ([, name, of]) => `${of}: ${name}`,
    )
    t.strictSame(names.slice(0, 4), [
      'x on redis:7_0, repeat 1: 1 wait 1s',
      'x on redis:7_0, repeat 2: 1 wait 1s',
      'x on redis:7_0, repeat 3: 1 wait 1s',
      'x on valkey:8_1, repeat 1: 1 wait 1s',
    ])
    t.equal(names.at(-1), 'x on redis:7_0, repeat 1 (2): 1 wait 1s', 'of runs that were put together')
    t.equal(new Set(names).size, plays.length + 1)
    const suites = [...xml.matchAll(/<testsuite name="([^"]*)"/g)].map(([, name]) => name)
    t.equal(new Set(suites).size, plays.length + 1)
  },
)
