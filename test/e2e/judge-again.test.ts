import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { lastReport, reportsFolder, runCli } from '../support/cli.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

const skip = skipWithoutRedis()

const EXPECTED = 'audit: { crash: { node: $victim, expected: true } }\n'
const CRASHING = `title: a replica crashes
cluster:
  config: { cluster-node-timeout: 1000, repl-diskless-sync-delay: 0 }
steps:
  - let: { victim: replica of shard 1 }
  - redis: DEBUG SEGFAULT
    on: $victim
    error: redis-node1
`

async function crashing(t: Test, more: string, flags: readonly string[] = []) {
  const reports = reportsFolder(t)
  const file = path.join(reports, 'crashing.yaml')
  writeFileSync(file, more + CRASHING)
  const where = [...clusterFlags(await leaseCluster()), '--reports', reports]
  const played = await runCli(t, ['run', file, '--platform', 'process', ...where, ...flags])
  const folder = path.join(reports, 'latest')
  return { played, folder, judge: (...args: string[]) => runCli(t, ['check', folder, ...args]) }
}

t.test('what a run was audited for is found again in its record', { skip }, async (t) => {
  const { played, folder, judge } = await crashing(t, '')
  t.equal(played.code, 1, played.stdout + played.stderr)
  const [scenario] = lastReport(path.dirname(folder)).scenarios
  const [finding] = scenario?.audit?.rules.find(({ rule }) => rule === 'crash')?.findings ?? []
  const again = await judge()
  t.equal(again.code, 1, again.stderr)
  t.match(again.stdout, /audited: 12 rules,(?: \d not evaluated,)? 1 finding\n/)
  t.match(again.stdout, `FAILED  audit: crash\n  ${(finding?.text ?? 'none').slice(0, 60)}`)
  t.match(again.stdout, finding?.details?.[0] ?? 'none')
})

t.test('what the scenario means is meant again, and --by another scenario takes its word', { skip }, async (t) => {
  const { played, folder, judge } = await crashing(t, EXPECTED)
  t.equal(played.code, 0, played.stdout + played.stderr)
  const again = await judge()
  t.equal(again.code, 0, again.stdout + again.stderr)
  t.match(
    again.stdout,
    /audited: 12 rules,(?: \d not evaluated,)? 0 findings, and 1 more that the scenario means\n +expected: redis-node1 ended by/,
  )
  const by = async (audit: string) => {
    const file = path.join(path.dirname(folder), 'other.yaml')
    writeFileSync(file, audit + CRASHING)
    return judge('--by', file)
  }
  t.equal((await by(EXPECTED)).code, 0, 'a $name is what it was in the run')
  const ofAnother = await by('audit: { crash: { node: redis-node0, expected: true } }\n')
  t.equal(ofAnother.code, 1)
  t.match(ofAnother.stdout, /audited: 12 rules,(?: \d not evaluated,)? 2 findings\n/)
  const programs = `workloads: { w: { type: register, client: { command: [./gone] } } }
apps: { shop: { image: my/shop } }
audit: { crash: { node: $victim, expected: true } }
`
  const starting = await by(programs)
  t.equal(starting.code, 0, `judging starts no program: ${starting.stderr}`)
  const unknown = await by('audit: { failover: allowed }\n')
  t.equal(unknown.code, 1)
  t.match(unknown.stdout, /audited: 12 rules,(?: \d not evaluated,)? 1 finding\n/)
})

t.test('under --audit warn nothing fails later, either', { skip }, async (t) => {
  const { judge } = await crashing(t, '', ['--audit', 'warn'])
  const again = await judge()
  t.equal(again.code, 0, again.stderr)
  t.match(again.stdout, /audited: 12 rules,(?: \d not evaluated,)? 1 finding\n +warning: redis-node1 ended by itself/)
})

t.test('a record of before has no pardons to judge by: it says so', { skip }, async (t) => {
  const { folder, judge } = await crashing(t, EXPECTED)
  const file = path.join(folder, 'events.jsonl')
  const older = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => (line.includes('"type":"audit-judged"') ? withoutTerms(line) : line))
  writeFileSync(file, older.join('\n'))
  const again = await judge()
  t.equal(again.code, 2, again.stdout)
  t.match(again.stderr, /crashing: recorded by an older version.*its audit cannot be judged again.*report\.json/s)
})

function withoutTerms(line: string): string {
  const { terms: _, ...event } = JSON.parse(line) as Record<string, unknown>
  return JSON.stringify(event)
}
