import t from 'tap'
import { unknownServers } from '../../runner/commands/unknown-servers.ts'
import { loadScenario } from '../../runner/scenario/load.ts'
import { verbByName } from '../../runner/steps/index.ts'

const TEXT = `title: x
params: { to: redis:8.7 }
cluster: { servers: { redis-node1: 'valkey:9.9' } }
steps:
  - parallel:
      - restart: { node: redis-node0, server: $to }
      - start: { node: redis-node1, server: $to }
`

t.test('servers of nodes that the catalogue does not have are told with their places', async (t) => {
  const loaded = loadScenario(TEXT, { file: 'x.yaml', verbs: verbByName })
  if (!('scenario' in loaded)) throw new Error(JSON.stringify(loaded.diagnostics))
  t.match(unknownServers(loaded.scenario, ['redis:8.6', 'valkey:9.1']), [
    { line: 3, col: 37, message: 'there is no server `valkey:9.9`; there are redis:8.6, valkey:9.1' },
    { line: 2, col: 15, length: 9, suggestion: 'did you mean `redis:8.6`?' },
  ])
  t.same(unknownServers(loaded.scenario, ['redis:8.7', 'valkey:9.9']), [])
})
