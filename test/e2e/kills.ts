import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { codeOf } from '../../runner/base/errors.ts'
import { type RunningCli, runCli, startCli, testScenario } from '../support/cli.ts'
import { changesBetween, hostState } from '../support/host-state.ts'
import { clusterFlags, type Lease } from '../support/lease.ts'
import { filesBelow, processesAbout, runIdIn, untilNothing } from '../support/traces.ts'

/** Who is killed with SIGKILL: the runner; its watchdog and the supervisor of its processes; or all of them. */
const VICTIMS = ['runner', 'guardian', 'both'] as const

export interface Kill {
  scenario: string
  victims: (typeof VICTIMS)[number]
  /** After the start of the command. */
  momentMs: number
}

export interface KillOutcome {
  /** What the run was at. */
  lastWords: string
  /** `heal` was run, because something was left. */
  isHealed: boolean
  /** In words. */
  left: string[]
}

export interface KillPlace {
  platform: 'docker' | 'process'
  lease: Lease
  /** What the platform itself still has of nodes under this name prefix, and of this run. */
  left(namePrefix: string, runId: string | undefined): Promise<string[]>
  /** Whether others are at work on the same machine: only what names the run itself is looked at then. */
  shared?: boolean
}

/** From the start of the command to the midst of its faults: containers take longer to be there. */
const LATEST_MS = { process: 9_000, docker: 20_000 }
/** Until the watchdog, or the supervisor of processes, has removed everything. */
const GONE_WITHIN_MS = 40_000
/** Nobody is left who would. */
const SEEN_AGAIN_WITHIN_MS = 3_000

/** Kills at moments of a whole run, from its set-up to the healing of its faults; one for each scenario in turn. */
export function drawKills(
  seed: number,
  count: number,
  { platform, scenarios }: { platform: KillPlace['platform']; scenarios: readonly string[] },
): Kill[] {
  const random = xoroshiro128plus(seed)
  return Array.from({ length: count }, (_, index) => ({
    scenario: scenarios[index % scenarios.length] ?? '',
    victims: VICTIMS[uniformInt(random, 0, VICTIMS.length - 1)] ?? 'both',
    momentMs: uniformInt(random, 0, LATEST_MS[platform]),
  }))
}

/** Has the command built, which it does by itself when its sources have changed: no kill is to meet that. */
export async function buildCommand(): Promise<void> {
  const teardowns: (() => void | Promise<void>)[] = []
  await runCli({ teardown: (work) => void teardowns.push(work) }, ['--version'])
  for (const work of teardowns) await work()
}

/**
 * Plays a scenario, kills, and looks for what is left: containers, networks, processes, files, and on the machine
 * itself rules, mounts, control groups, loop devices and interfaces. At most one `heal` may be needed.
 */
export async function playKill(kill: Kill, place: KillPlace): Promise<KillOutcome> {
  const teardowns: (() => void | Promise<void>)[] = []
  const t = { teardown: (work: () => void | Promise<void>) => void teardowns.unshift(work) }
  const folder = mkdtempSync(join(tmpdir(), 'rck-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const [temporary, reports] = [join(folder, 't'), join(folder, 'r')]
  mkdirSync(temporary)
  const { platform, lease, shared = false } = place
  const before = hostState()
  const look = async () => {
    const runId = runIdIn(reports)
    const names = [lease.namePrefix, folder, ...(runId === undefined ? [] : [runId])]
    const isOurs = (change: string) => !shared || names.some((name) => change.includes(name))
    return [
      ...(await place.left(lease.namePrefix, runId)),
      ...processesAbout(folder),
      // The folder of this user's runs itself may stay.
      ...filesBelow(temporary).filter((name) => !/^redis-chaos-\d+$/.test(name)),
      ...changesBetween(before, hostState()).filter(isOurs),
    ]
  }
  try {
    const where = ['--platform', platform, ...clusterFlags(lease), '--reports', reports]
    const cli = startCli(t, ['run', testScenario(kill.scenario), ...where], { TMPDIR: temporary })
    await new Promise((resolve) => setTimeout(resolve, kill.momentMs))
    const lastWords = cli.progress().trim().split('\n').at(-1)?.trim() ?? ''
    await strike(kill, cli)
    let left = await untilNothing(look, kill.victims === 'both' ? SEEN_AGAIN_WITHIN_MS : GONE_WITHIN_MS)
    const isHealed = left.length > 0
    if (isHealed) {
      await runCli(t, ['heal'], { TMPDIR: temporary })
      left = await untilNothing(look, SEEN_AGAIN_WITHIN_MS)
    }
    return { lastWords, isHealed, left }
  } finally {
    for (const work of teardowns) await work()
  }
}

async function strike({ victims }: Kill, cli: RunningCli): Promise<void> {
  const guardians = victims === 'runner' ? [] : guardiansOf(cli.child.pid ?? 0)
  for (const pid of guardians) endNow(pid)
  // A runner whose guardians are gone is to end as any other.
  cli.child.kill(victims === 'guardian' ? 'SIGINT' : 'SIGKILL')
  await cli.ended
}

/** The watchdog of a runner, and the supervisor of its processes, as far as they are there. */
function guardiansOf(runner: number): number[] {
  const isGuardian = (pid: string) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      // After the name in brackets: state, parent (proc(5)).
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
      return parent === runner && /(watchdog|supervisor)-process/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
    } catch {
      return false
    }
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isGuardian(name))
    .map(Number)
}

function endNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error
  }
}
