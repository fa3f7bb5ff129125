import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import type { Test } from 'tap'
import { type RunningCli, startCli, testScenario } from '../support/cli.ts'
import type { Foreign } from '../support/foreign.ts'
import { clusterFlags, type Lease, leaseCluster } from '../support/lease.ts'
import { filesBelow, processesAbout, recorded, runIdIn, untilNothing } from '../support/traces.ts'

const MANY = 30
/** From the start of the command to the middle of its faults, ms. */
const LATEST_MS = 9000
const GONE_WITHIN_MS = 40_000

interface Where {
  platform: 'docker' | 'process'
  /** What the platform itself still has of nodes under this name prefix, and of this run. */
  left(namePrefix: string, runId: string | undefined): Promise<string[]>
  /** Made by hand beside the runs. */
  foreign: Foreign
}

export interface KillOptions extends Where {
  /** Default: `many-faults`. */
  scenario?: string
  /** How often. Default: 30. */
  moments?: number
  /** The last of the moments, ms after the start. Default: 9000. */
  latestMs?: number
}

/**
 * Kills the runner with SIGKILL at random moments of a run full of faults, and looks for anything that is left:
 * containers, networks, volumes, processes (servers, supervisors, links, watchdogs), journals and other temporary
 * files.
 */
export async function killAtRandomMoments(t: Test, options: KillOptions): Promise<void> {
  const { scenario = 'many-faults', moments: count = MANY, latestMs = LATEST_MS } = options
  const seed = Number(process.env.KILL_SEED ?? Date.now() % 2 ** 31)
  const random = xoroshiro128plus(seed)
  const moments = Array.from({ length: count }, () => uniformInt(random, 0, latestMs))
  t.comment(`seed ${seed}: KILL_SEED=${seed} draws the same moments again`)
  const lease = await leaseCluster()
  for (const [index, momentMs] of moments.entries()) {
    t.test(`kill ${index + 1} of ${count}, ${momentMs} ms after the start`, (t) =>
      killOnce(t, options, { lease, scenario }, () => new Promise((resolve) => setTimeout(resolve, momentMs))),
    )
  }
}

/** From what is recorded on, and until what is. */
export interface Stretch {
  from: RegExp
  until: RegExp
}

/** The same within stretches of a run, each told by what stands in its events. */
export async function killWithin(
  t: Test,
  options: Where & { scenario: string; stretches: Readonly<Record<string, Stretch>> },
): Promise<void> {
  const { scenario, stretches } = options
  const lease = await leaseCluster()
  for (const [name, { from, until }] of Object.entries(stretches)) {
    t.test(`killed while it ${name}`, async (t) => {
      let events = () => ''
      await killOnce(t, options, { lease, scenario }, async (cli, reports) => {
        events = () => recorded(reports)
        while (!from.test(events())) {
          if (cli.child.exitCode !== null) throw new Error(`the run ended before ${from}: ${cli.progress()}`)
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
        cli.child.kill('SIGKILL')
        await cli.ended
        t.notMatch(events(), until, `it was killed before ${until}`)
      })
    })
  }
}

async function killOnce(
  t: Test,
  { platform, left, foreign }: Where,
  { lease, scenario }: { lease: Lease; scenario: string },
  moment: (cli: RunningCli, reports: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'rck-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const [temporary, reports] = [join(folder, 't'), join(folder, 'r')]
  mkdirSync(temporary)
  const where = ['--platform', platform, ...clusterFlags(lease), '--reports', reports]
  const cli = startCli(t, ['run', testScenario(scenario), ...where], { TMPDIR: temporary })
  await moment(cli, reports)
  const saw = cli.progress().trim().split('\n').at(-1)
  cli.child.kill('SIGKILL')
  await cli.ended
  const look = async () => [
    ...(await left(lease.namePrefix, runIdIn(reports))),
    ...processesAbout(folder),
    ...leftFiles(temporary),
  ]
  t.same(await untilNothing(look, GONE_WITHIN_MS), [], `nothing is left; the last words were: ${saw}`)
  t.same(await foreign.harmed(), [], 'what is not its own is untouched')
}

/** The folder of this user's runs itself may stay. */
function leftFiles(temporary: string): string[] {
  return filesBelow(temporary).filter((name) => !/^redis-chaos-\d+$/.test(name))
}
