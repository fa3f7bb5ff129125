import t from 'tap'
import { requireEngine } from '../support/docker.ts'
import { foreignContainer } from '../support/foreign.ts'
import { leftovers } from '../support/leftovers.ts'
import { killAtRandomMoments, killWithin } from './kill-runner.ts'

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

t.test('nor does it when a node was added, a slot is half moved and a server has no power', async (t) => {
  if (!(await requireEngine(t))) return
  const foreign = await foreignContainer()
  t.teardown(() => foreign.remove())
  await killWithin(t, {
    foreign,
    platform: 'docker',
    left: leftovers,
    scenario: 'members-and-moves',
    stretches: { 'cuts the power': { from: /"fault-seen".*"power-cut"/, until: /"step-ended".*"path":"4"/ } },
  })
})
