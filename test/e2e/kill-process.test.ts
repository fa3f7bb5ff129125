import t from 'tap'
import { skipWithoutRedis } from '../support/local-servers.ts'
import { killAtRandomMoments } from './kill-runner.ts'

t.test('SIGKILL of the runner leaves no process and no file', { skip: skipWithoutRedis() }, async (t) => {
  killAtRandomMoments(t, { platform: 'process', portBase: 7910, left: async () => [] })
})
