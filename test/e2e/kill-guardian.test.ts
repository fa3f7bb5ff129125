import t, { type Test } from 'tap'
import { requireEngine } from '../support/docker.ts'
import { leaseCluster } from '../support/lease.ts'
import { leftovers } from '../support/leftovers.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'
import { buildCommand, drawKills, type KillPlace, playKill } from './kills.ts'

/** `npm run bench kills` plays more of them. */
const KILLS = 6

async function kill(t: Test, { platform, left }: Pick<KillPlace, 'platform' | 'left'>): Promise<void> {
  const seed = Number(process.env.KILL_SEED ?? Date.now() % 2 ** 31)
  t.comment(`seed ${seed}: KILL_SEED=${seed} draws the same kills again`)
  const lease = await leaseCluster()
  await buildCommand()
  for (const one of drawKills(seed, KILLS, { platform, scenarios: ['resource-faults', 'many-faults'] })) {
    await t.test(`${one.victims} of ${one.scenario}, ${one.momentMs} ms after the start`, async (t) => {
      const { left: stays, isHealed, lastWords } = await playKill(one, { platform, lease, left, shared: true })
      t.same(stays, [], `nothing is left; the last words were: ${lastWords}`)
      if (one.victims !== 'both') t.notOk(isHealed, 'whoever was spared has cleaned up')
    })
  }
}

t.test('SIGKILL of runners and watchdogs of processes', { skip: skipWithoutRedis() }, async (t) => {
  await kill(t, { platform: 'process', left: async () => [] })
})

t.test('SIGKILL of runners and watchdogs of containers', async (t) => {
  if (!(await requireEngine(t))) return
  await kill(t, { platform: 'docker', left: leftovers })
})
