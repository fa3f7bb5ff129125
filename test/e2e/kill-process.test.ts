import t from 'tap'
import { foreignServer } from '../support/foreign.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'
import { killAtRandomMoments } from './kill-runner.ts'

t.test('SIGKILL of the runner leaves no process and no file', { skip: skipWithoutRedis() }, async (t) => {
  const foreign = await foreignServer(7919)
  t.teardown(() => foreign.remove())
  killAtRandomMoments(t, {
    foreign,
    platform: 'process',
    portBase: 7910,
    left: async () => [],
  })
})
