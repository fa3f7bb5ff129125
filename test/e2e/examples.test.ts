import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { lastReport, reportsFolder, runCli } from '../support/cli.ts'
import { requireDebian } from '../support/debian.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'

interface Example {
  name: string
  /** To be quicker than it is by itself. */
  flags?: string[]
  /** What makes it fail: another text at one place, or a setting. */
  change: { from: string; to: string } | { setting: string }
  /** The step or check that fails of that. */
  fails: RegExp
}

const EXAMPLES: readonly Example[] = [
  {
    name: 'rolling-restart-under-load',
    change: { from: 'failover: $heir1', to: 'restart: $first' },
    fails: /longest_outage/,
  },
  {
    name: 'wait-with-lagging-replica',
    change: { from: ', wait: { replicas: 1, timeout: 2s }', to: '' },
    fails: /lost_writes/,
  },
  {
    name: 'half-of-the-nodes-cut-off',
    flags: ['--set', 'cut=10s'],
    change: { from: 'isolate: [$alone, replica of shard 2, ', to: 'isolate: [$alone, $heir, ' },
    fails: /the replica takes over/,
  },
  {
    name: 'disk-fills-during-failover',
    change: { setting: 'appendonly=no' },
    fails: /It refuses writes/,
  },
  {
    name: 'slow-replica-with-reads',
    change: { from: 'delay: 200ms', to: 'delay: 700ms' },
    fails: /p90/,
  },
  {
    name: 'two-failovers-of-one-shard',
    change: { setting: 'cluster-node-timeout=5000' },
    fails: /Its replica takes over/,
  },
  {
    name: 'two-nodes-of-eight-lost',
    change: { from: 'kill: [$master1, $heir2]', to: 'kill: [$master1, $master2]' },
    fails: /The replica of the master takes over/,
  },
  {
    name: 'each-master-killed-in-turn',
    change: { setting: 'cluster-replica-no-failover=yes' },
    fails: /redis-node1 to be a master/,
  },
]

/** Played changed in one run of the tests, by turns; all of them with `EXAMPLES=all`. */
const CHANGED_AT_ONCE = 2
const MS_A_DAY = 86_400_000

function changedToday(): readonly Example[] {
  if (process.env.EXAMPLES === 'all') return EXAMPLES
  const first = Math.floor(Date.now() / MS_A_DAY) * CHANGED_AT_ONCE
  return EXAMPLES.filter((_, place) => (place - first + EXAMPLES.length * first) % EXAMPLES.length < CHANGED_AT_ONCE)
}

const fileOf = (name: string) => path.join('docs', 'examples', `${name}.yaml`)

/** Plays it, and says what came of it: the verdict, and the steps and checks that failed. */
async function play(t: Test, file: string, flags: readonly string[]) {
  const reports = reportsFolder(t)
  const where = ['--platform', 'process', ...clusterFlags(await leaseCluster()), '--reports', reports]
  const { code, stdout, stderr } = await runCli(t, ['run', file, ...where, ...flags])
  const [scenario] = lastReport(reports).scenarios
  const steps = scenario?.steps.filter(({ verdict }) => verdict === 'failed').map(({ name }) => name) ?? []
  const checks = scenario?.checks.filter(({ verdict }) => verdict === 'failed').map(({ name }) => name) ?? []
  return { code, failed: [...steps, ...checks].join(', '), output: stdout + stderr }
}

t.jobs = 2

for (const { name, flags = [] } of EXAMPLES) {
  t.test(`${name} passes`, { buffered: true }, async (t) => {
    if (!(await requireDebian(t))) return
    const { code, output } = await play(t, fileOf(name), flags)
    t.equal(code, 0, output)
  })
}

for (const { name, flags = [], change, fails } of changedToday()) {
  t.test(`${name} can fail`, { buffered: true }, async (t) => {
    if (!(await requireDebian(t))) return
    const setting = 'setting' in change ? ['--config', change.setting] : []
    const file = 'setting' in change ? fileOf(name) : changed(t, name, change)
    const { code, failed, output } = await play(t, file, [...flags, ...setting])
    t.equal(code, 1, output)
    t.match(failed, fails)
  })
}

function changed(t: Test, name: string, { from, to }: { from: string; to: string }): string {
  const text = readFileSync(fileOf(name), 'utf8')
  t.ok(text.includes(from), `${name} has ${from}`)
  const file = path.join(t.testdir(), `${name}.yaml`)
  writeFileSync(file, text.replaceAll(from, to.replaceAll('$', '$$$$')))
  return file
}
