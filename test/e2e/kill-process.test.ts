import t from 'tap'
import { foreignServer } from '../support/foreign.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'
import { killAtRandomMoments } from './kill-runner.ts'

t.test('SIGKILL of the runner leaves no process and no file', { skip: skipWithoutRedis() }, async (t) => {
  const foreign = await foreignServer()
  t.teardown(() => foreign.remove())
  await killAtRandomMoments(t, {
    foreign,
    platform: 'process',
    left: async () => [],
  })
})
