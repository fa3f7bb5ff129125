import t from 'tap'
import { requireEngine } from '../support/docker.ts'
import { foreignContainer, foreignServer } from '../support/foreign.ts'
import { leftovers } from '../support/leftovers.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'
import { killAtRandomMoments } from './kill-runner.ts'

/** Small disks, limits and clocks: what they stand on must go too, also what is only in a namespace of mounts. */
const SCENARIO = { scenario: 'many-limits', moments: 6 }

t.test('SIGKILL of the runner leaves no process and no file', { skip: skipWithoutRedis() }, async (t) => {
  const foreign = await foreignServer()
  t.teardown(() => foreign.remove())
  await killAtRandomMoments(t, { ...SCENARIO, foreign, platform: 'process', left: async () => [] })
})

t.test('SIGKILL of the runner leaves nothing on the engine', async (t) => {
  if (!(await requireEngine(t))) return
  const foreign = await foreignContainer()
  t.teardown(() => foreign.remove())
  await killAtRandomMoments(t, {
    ...SCENARIO,
    latestMs: 20_000,
    foreign,
    platform: 'docker',
    left: leftovers,
  })
})
