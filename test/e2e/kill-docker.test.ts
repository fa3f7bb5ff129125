import t from 'tap'
import { requireEngine } from '../support/docker.ts'
import { foreignContainer } from '../support/foreign.ts'
import { leftovers } from '../support/leftovers.ts'
import { killAtRandomMoments } from './kill-runner.ts'

t.test('SIGKILL of the runner leaves nothing on the engine', async (t) => {
  if (!(await requireEngine(t))) return
  const foreign = await foreignContainer()
  t.teardown(() => foreign.remove())
  await killAtRandomMoments(t, {
    foreign,
    platform: 'docker',
    left: leftovers,
  })
})
