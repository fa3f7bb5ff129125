import t from 'tap'
import { foreignServer } from '../support/foreign.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'
import { killAtRandomMoments, killWithin } from './kill-runner.ts'

t.test('SIGKILL of the runner leaves no process and no file', { skip: skipWithoutRedis() }, async (t) => {
  const foreign = await foreignServer()
  t.teardown(() => foreign.remove())
  await killAtRandomMoments(t, {
    foreign,
    platform: 'process',
    left: async () => [],
  })
})

t.test('nor does it when the steps are over', { skip: skipWithoutRedis() }, async (t) => {
  const foreign = await foreignServer()
  t.teardown(() => foreign.remove())
  await killWithin(t, {
    foreign,
    platform: 'process',
    left: async () => [],
    scenario: 'healed-at-the-end',
    stretches: {
      'heals what the steps left': { from: /"step-ended".*"path":"5"/, until: /"end-state-seen"/ },
      'reads back what was written': { from: /"end-state-seen"/, until: /"data-compared"/ },
      'compares replicas with their masters': { from: /"dataset-read"/, until: /"data-compared"/ },
    },
  })
})

t.test(
  'nor does it when a node was added, a slot is half moved and a server has no power',
  { skip: skipWithoutRedis() },
  async (t) => {
    const foreign = await foreignServer()
    t.teardown(() => foreign.remove())
    await killWithin(t, {
      foreign,
      platform: 'process',
      left: async () => [],
      scenario: 'members-and-moves',
      stretches: { 'cuts the power': { from: /"fault-seen".*"power-cut"/, until: /"step-ended".*"path":"4"/ } },
    })
  },
)
