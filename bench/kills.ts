import Table from 'cli-table3'
import { buildCommand, drawKills, type KillOutcome, type KillPlace, playKill } from '../test/e2e/kills.ts'
import { leaseCluster } from '../test/support/lease.ts'
import { leftovers } from '../test/support/leftovers.ts'

const KILLS = 60
const SCENARIOS: Record<KillPlace['platform'], string[]> = {
  process: ['many-faults', 'resource-faults'],
  docker: ['many-faults', 'resource-faults', 'slow-disks'],
}

/**
 * Kills runs, their guardians, or both at random moments, and compares the machine before and after: packet filter,
 * mounts, control groups, loop devices, interfaces, processes, files, containers. Nobody else may change these
 * meanwhile. `KILLS` (60), `KILL_SEED` and `KILL_PLATFORMS` (`process,docker`) say how many, which and where.
 */
export async function benchKills(): Promise<void> {
  const seed = Number(process.env.KILL_SEED ?? Date.now() % 2 ** 31)
  const platforms = (process.env.KILL_PLATFORMS ?? 'process,docker').split(',')
  await buildCommand()
  process.stdout.write(`seed ${seed}: KILL_SEED=${seed} draws the same kills again\n`)
  for (const platform of ['process', 'docker'] as const) {
    if (platforms.includes(platform)) await killOn(platform, seed)
  }
}

async function killOn(platform: KillPlace['platform'], seed: number): Promise<void> {
  const lease = await leaseCluster()
  const left = platform === 'docker' ? leftovers : async () => []
  const kills = drawKills(seed, Number(process.env.KILLS ?? KILLS), { platform, scenarios: SCENARIOS[platform] })
  const outcomes: (KillOutcome & { victims: string })[] = []
  for (const [index, kill] of kills.entries()) {
    const outcome = await playKill(kill, { platform, lease, left })
    outcomes.push({ ...outcome, victims: kill.victims })
    const end =
      outcome.left.length > 0 ? `LEFT ${outcome.left.slice(0, 5).join('; ')}` : outcome.isHealed ? 'healed' : 'clean'
    process.stdout.write(
      `${platform} ${index + 1} ${kill.scenario} ${kill.victims} at ${kill.momentMs} ms (${outcome.lastWords}): ${end}\n`,
    )
  }
  const table = new Table({
    head: [platform, 'kills', 'clean at once', 'after one heal', 'leaks'],
    style: { head: [], border: [] },
  })
  for (const victims of ['runner', 'guardian', 'both']) {
    const of = outcomes.filter((one) => one.victims === victims)
    const leaks = of.filter((one) => one.left.length > 0).length
    const healed = of.filter((one) => one.isHealed && one.left.length === 0).length
    table.push([victims, of.length, of.length - leaks - healed, healed, leaks].map(String))
  }
  process.stdout.write(`${table.toString()}\n`)
}
