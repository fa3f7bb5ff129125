import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import type { Test } from 'tap'
import { startCli, testScenario } from '../support/cli.ts'
import type { Foreign } from '../support/foreign.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { filesBelow, processesAbout, untilNothing } from '../support/traces.ts'

const MANY = 30
/** From the start of the command to the middle of its faults, ms. */
const LATEST_MS = 9000
const GONE_WITHIN_MS = 40_000

export interface KillOptions {
  platform: 'docker' | 'process'
  /** What the platform itself still has of runs under this name prefix. */
  left(namePrefix: string): Promise<string[]>
  /** Made by hand beside the runs. */
  foreign: Foreign
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
  const { platform, left, foreign, scenario = 'many-faults', moments: count = MANY, latestMs = LATEST_MS } = options
  const seed = Number(process.env.KILL_SEED ?? Date.now() % 2 ** 31)
  const random = xoroshiro128plus(seed)
  const moments = Array.from({ length: count }, () => uniformInt(random, 0, latestMs))
  t.comment(`seed ${seed}: KILL_SEED=${seed} draws the same moments again`)
  const lease = await leaseCluster()
  for (const [index, momentMs] of moments.entries()) {
    t.test(`kill ${index + 1} of ${count}, ${momentMs} ms after the start`, async (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'rck-'))
      t.teardown(() => rmSync(folder, { recursive: true, force: true }))
      const temporary = join(folder, 't')
      mkdirSync(temporary)
      const where = ['--platform', platform, ...clusterFlags(lease)]
      const cli = startCli(t, ['run', testScenario(scenario), ...where, '--reports', join(folder, 'r')], {
        TMPDIR: temporary,
      })
      await new Promise((resolve) => setTimeout(resolve, momentMs))
      const saw = cli.progress().trim().split('\n').at(-1)
      cli.child.kill('SIGKILL')
      await cli.ended
      const look = async () => [...(await left(lease.namePrefix)), ...processesAbout(folder), ...leftFiles(temporary)]
      t.same(await untilNothing(look, GONE_WITHIN_MS), [], `nothing is left; the last words were: ${saw}`)
      t.same(await foreign.harmed(), [], 'what is not its own is untouched')
    })
  }
}

/** The folder of this user's runs itself may stay. */
function leftFiles(temporary: string): string[] {
  return filesBelow(temporary).filter((name) => !/^redis-chaos-\d+$/.test(name))
}
