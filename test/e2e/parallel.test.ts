import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t, { type Test } from 'tap'
import { systemClock } from '../../runner/base/clock.ts'
import { poll } from '../../runner/base/poll.ts'
import { lastReport, type RunningCli, startCli } from '../support/cli.ts'
import { requireEngine } from '../support/docker.ts'
import { clusterFlags, type Lease, leaseCluster } from '../support/lease.ts'
import { leftovers } from '../support/leftovers.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'
import { filesBelow, processesAbout, recorded, runIdIn, untilNothing } from '../support/traces.ts'

/** Engines and supervisors take a while, most of all on a loaded machine. */
const GONE_WITHIN_MS = 40_000

const PAIR = 'cluster: { shards: 1, replicas: 1, config: { cluster-node-timeout: 1000 } }\n'
const ONE = 'cluster: { shards: 1, replicas: 0, config: { cluster-node-timeout: 1000 } }\n'
const DATA = 'steps:\n  - write: { keys: 10, as: orders }\n  - verify: orders\n'
/** A clean-up that does not end by itself while anybody waits. */
const ENDLESS = `${DATA}  - wait: 60s\nfinally:\n  - wait: 60s\n`
const LONG = 'steps:\n  - write: { keys: 10, as: orders }\n  - wait: 60s\n'

type Platform = 'process' | 'docker'

/** A folder of its own for scenarios, reports and temporary files, a run in it on two lanes, and what it left. */
async function start(t: Test, platform: Platform, scenarios: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(path.join(tmpdir(), 'rcp-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const [mine, reports, temporary] = ['s', 'r', 't'].map((name) => path.join(folder, name)) as [string, string, string]
  mkdirSync(mine)
  mkdirSync(temporary)
  for (const [name, text] of Object.entries(scenarios))
    writeFileSync(path.join(mine, `${name}.yaml`), `title: t\n${text}`)
  const lease = await leaseCluster()
  const flags = ['--parallel', '2', '--platform', platform, ...clusterFlags(lease), '--reports', reports]
  const cli = startCli(t, ['run', mine, ...flags], { TMPDIR: temporary })
  const left = async () => [
    ...processesAbout(folder),
    ...filesBelow(temporary).filter((name) => name.includes('faults.json') || /\d{14}-/.test(name)),
    ...(platform === 'docker' ? await leftOnDocker(lease, runIdIn(reports)) : []),
  ]
  return { cli, reports, left }
}

async function leftOnDocker(lease: Lease, runId: string | undefined): Promise<string[]> {
  if (runId === undefined) return []
  const both = await Promise.all([runId, `${runId}-2`].map((id) => leftovers(lease.namePrefix, id)))
  return both.flat()
}

/** On Docker the image may have to be made first. */
const READY_WITHIN_MS = 300_000

/** Waits until both lanes have a cluster. */
async function untilBothReady(cli: RunningCli, reports: string): Promise<void> {
  const look = async () => {
    if (cli.child.exitCode !== null) throw new Error(`it ended before: ${cli.progress()}${cli.output()}`)
    const ready = [...recorded(reports).matchAll(/"type":"cluster-ready"/g)].length
    return { ok: ready >= 2, seen: `${ready} clusters are ready` }
  }
  const { ok, lastSeen } = await poll(look, { clock: systemClock, withinMs: READY_WITHIN_MS, everyMs: 20 })
  if (!ok) throw new Error(`waited ${READY_WITHIN_MS} ms for two clusters: ${lastSeen}`)
}

t.test(
  'a second Ctrl-C ends both lanes at once, and names the commands for both',
  { skip: skipWithoutRedis() },
  async (t) => {
    const { cli, reports, left } = await start(t, 'process', { a: PAIR + ENDLESS, b: PAIR + ENDLESS })
    await untilBothReady(cli, reports)
    cli.child.kill('SIGINT')
    // What comes soon after the first is the same key press.
    const again = setInterval(() => cli.child.kill('SIGINT'), 450)
    const { code, stderr } = await cli.ended
    clearInterval(again)
    t.equal(code, 130, stderr)
    t.notMatch(recorded(reports), '"type":"run-ended"', 'nobody waited for the clean-up')
    const named = /Leaving at once\. Servers of this run may be left\. Remove them with: (.*)/.exec(stderr)?.[1]
    t.match(named, /^kill \d+; kill \d+$/, 'those of each lane')
    t.same(await untilNothing(left, GONE_WITHIN_MS), [], 'the servers end with their runner')
  },
)

for (const platform of ['process', 'docker'] as const) {
  const skip = platform === 'process' ? skipWithoutRedis() : false
  const isHere = async (t: Test) => platform === 'process' || (await requireEngine(t))

  t.test(`${platform}: two lanes, clusters of their own, kept for what they fit`, { skip }, async (t) => {
    if (!(await isHere(t))) return
    const scenarios = {
      a: PAIR + DATA,
      b: ONE + DATA,
      c: PAIR + DATA,
      d: `alone: true\n${PAIR}${DATA}`,
      e: PAIR + DATA,
    }
    const { cli, reports, left } = await start(t, platform, scenarios)
    const { code, stdout, stderr } = await cli.ended
    t.equal(code, 0, stdout + stderr)
    const run = lastReport(reports)
    t.strictSame(
      run.scenarios.map(({ id, verdict }) => `${id} ${verdict}`),
      ['a passed', 'b passed', 'c passed', 'd passed', 'e passed'],
      'all of them, in their order',
    )
    const ports = new Set(run.scenarios.map(({ cluster }) => cluster?.nodes[0]?.address))
    t.equal(ports.size, 2, 'on two grounds')
    t.match(stderr, 'the servers of the last play are empty and as new')
    const [alone] = [...stderr.matchAll(/^. (\w) passed/gm)].map(([, id]) => id).slice(-1)
    t.equal(alone, 'd', 'what must be alone comes last')
    t.same(await untilNothing(left, GONE_WITHIN_MS), [])
  })

  for (const [signal, expected] of [
    ['SIGINT', 130],
    ['SIGKILL', null],
  ] as const) {
    t.test(`${platform}: ${signal} leaves nothing of any lane`, { skip }, async (t) => {
      if (!(await isHere(t))) return
      const { cli, reports, left } = await start(t, platform, { a: PAIR + LONG, b: PAIR + LONG })
      await untilBothReady(cli, reports)
      cli.child.kill(signal)
      const { code, stdout, stderr } = await cli.ended
      t.equal(code, expected, stdout + stderr)
      t.same(await untilNothing(left, GONE_WITHIN_MS), [])
      if (signal === 'SIGINT') {
        t.strictSame(
          lastReport(reports).scenarios.map(({ verdict }) => verdict),
          ['interrupted', 'interrupted'],
        )
      }
    })
  }
}
