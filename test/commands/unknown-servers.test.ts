import t from 'tap'
import { unknownServers } from '../../runner/commands/unknown-servers.ts'
import { loadScenario } from '../../runner/scenario/load.ts'
import { verbByName } from '../../runner/steps/index.ts'

/** Throws Error for a scenario that is invalid. */
function load(text: string) {
  const loaded = loadScenario(text, { file: 'x.yaml', verbs: verbByName })
  if (!('scenario' in loaded)) throw new Error(JSON.stringify(loaded.diagnostics))
  return loaded.scenario
}

const TEXT = `title: x
params: { to: redis:8.7 }
cluster: { servers: { redis-node1: 'valkey:9.9' } }
steps:
  - parallel:
      - restart: { node: redis-node0, server: $to }
      - start: { node: redis-node1, server: $to }
`

t.test('servers of nodes that the catalogue does not have are told with their places', async (t) => {
  const scenario = load(TEXT)
  t.match(unknownServers(scenario, ['redis:8.6', 'valkey:9.1']), [
    { line: 3, col: 37, message: 'there is no server `valkey:9.9`; there are redis:8.6, valkey:9.1' },
    { line: 2, col: 15, length: 9, suggestion: 'did you mean `redis:8.6`?' },
  ])
  t.same(unknownServers(scenario, ['redis:8.7', 'valkey:9.9']), [])
})

t.test('the nearest version of the same product is suggested', async (t) => {
  const known = [
    'redis:6.0',
    'redis:7.0',
    'redis:7.2',
    'redis:8.0',
    'redis:8.6',
    'valkey:8.1',
    'valkey:9.1',
    'redict:7.3',
  ]
  const meant = {
    'redis:9.9': 'redis:8.6',
    'redis:7.1': 'redis:7.2',
    'redis:7': 'redis:7.2',
    'redis:5.0.14': 'redis:6.0',
    'valkey:7.2': 'valkey:8.1',
    'redict:8.0': 'redict:7.3',
  }
  for (const [server, suggested] of Object.entries(meant)) {
    const scenario = load(`title: x\nsteps: [{ restart: { node: redis-node0, server: '${server}' } }]`)
    t.match(unknownServers(scenario, known), [{ suggestion: `did you mean \`${suggested}\`?` }], server)
  }
})
