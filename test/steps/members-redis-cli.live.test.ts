import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { formatSlotRanges } from '../../runner/cluster/slots.ts'
import { step } from '../support/fake-stage.ts'
import { type LiveStage, liveStage, PASSWORD } from '../support/live-stage.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

const NOBODY = '0'.repeat(40)

/** What a node is, what it knows, and who knows it: the same whoever made it so. */
async function stateOf({ cluster }: LiveStage, name: string): Promise<Record<string, unknown>> {
  const { report, master } = await cluster.lookAt(name)
  const { myId, nodes } = report.view
  const own = nodes.find(({ id }) => id === myId)
  const { reports } = await cluster.look()
  return {
    role: own?.role,
    slots: formatSlotRanges(own?.slots ?? []),
    hasMaster: master !== undefined,
    knows: nodes.length,
    knownBy: [...reports.values()].filter(({ view }) => view.nodes.some(({ id }) => id === myId)).length,
    functions: await cluster.node(name).client.call('FUNCTION', 'LIST'),
  }
}

async function redisCli(action: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, REDISCLI_AUTH: PASSWORD }
  const run = promisify(execFile)('redis-cli', ['--cluster', action, ...args], { env })
  return await run.then(
    ({ stdout }) => stdout,
    ({ code, stdout }: { code: number; stdout: string }) => `exit ${code}: ${stdout}`,
  )
}

t.test('nodes come and go as redis-cli --cluster has them', { skip: skipWithoutRedis() }, async (t) => {
  const settings = { 'cluster-node-timeout': '2000', 'repl-diskless-sync-delay': '0' }
  const stage = await liveStage(t, { shards: 2, replicas: 1, spares: 4, settings })
  const { cluster, servers, play } = stage
  const addressOf = (name: string) => `127.0.0.1:${cluster.node(name).port}`
  const idOf = async (name: string) => (await cluster.lookAt(name)).report.view.myId
  const healthy = async () => {
    const outcome = await play(step('expect', { cluster: 'healthy' }, { withinMs: 20_000 }))
    if (outcome.verdict !== 'passed') throw new Error(`the cluster is not healthy: ${outcome.lastSeen}`)
  }
  const passes = async (verb: string, arg: unknown) => {
    const outcome = await play(step(verb, arg, { withinMs: 20_000 }))
    t.equal(outcome.verdict, 'passed', outcome.error?.message ?? `${verb} ${arg}`)
  }
  const addTheirs = async (...flags: string[]) => {
    const { name } = cluster.add(await servers.add())
    cluster.leave(name)
    const said = await redisCli('add-node', addressOf(name), addressOf('redis-node0'), ...flags)
    t.match(said, /New node added correctly/)
    cluster.join(name)
  }
  const equal = async (t: { same: (a: unknown, b: unknown, message: string) => void }, ours: string, theirs: string) =>
    t.same(await stateOf(stage, ours), await stateOf(stage, theirs), `${ours}, and ${theirs} by redis-cli`)
  const library = "#!lua name=own\nredis.register_function('one', function() return 1 end)"
  for (const name of ['redis-node0', 'redis-node2']) await cluster.node(name).client.call('FUNCTION', 'LOAD', library)

  await t.test('added as a master', async (t) => {
    await passes('add-node', 'master')
    await addTheirs()
    await healthy()
    await equal(t, 'redis-node4', 'redis-node5')
    t.match(await stateOf(stage, 'redis-node4'), { role: 'master', slots: '', knownBy: 6, functions: [/./] })
  })

  await t.test('added as a replica', async (t) => {
    await passes('add-node', 'replica of redis-node4')
    await addTheirs('--cluster-slave', '--cluster-master-id', await idOf('redis-node5'))
    await healthy()
    await equal(t, 'redis-node6', 'redis-node7')
    const { agreed } = await cluster.look()
    t.same(['redis-node6', 'redis-node7'].map(agreed.masterOf), ['redis-node4', 'redis-node5'])
  })

  await t.test('the same mistakes are refused, and nothing is touched', async (t) => {
    const before = await Promise.all(cluster.members.map(({ name }) => stateOf(stage, name)))
    const refused = async (verb: string, arg: unknown, ours: RegExp, theirs: RegExp, args: [string, ...string[]]) => {
      t.match(await play(step(verb, arg, { withinMs: 20_000 })), { verdict: 'failed', error: { message: ours } })
      t.match(await redisCli(...args), theirs)
    }
    const at = addressOf('redis-node0')
    await refused(
      'remove-node',
      { node: 'redis-node0', slots: 'refuse' },
      /redis-node0 is not empty: it owns slots 0-8191/,
      /exit 1: [\s\S]*is not empty/,
      ['del-node', at, await idOf('redis-node0')],
    )
    await refused('remove-node', 'redis-node9', /redis-node9/, /exit 1: [\s\S]*No such node ID/, [
      'del-node',
      at,
      NOBODY,
    ])
    await refused('add-node', 'replica of redis-node9', /redis-node9/, /exit 1: [\s\S]*No such master ID/, [
      'add-node',
      ...[addressOf('redis-node5'), at, '--cluster-slave', '--cluster-master-id', NOBODY],
    ])
    t.same(await Promise.all(cluster.members.map(({ name }) => stateOf(stage, name))), before)
  })

  /** Of each master, those without slots too. */
  const replicas = async () => {
    const [report] = (await cluster.look()).reports.values()
    const nodes = report?.view.nodes ?? []
    const masters = nodes.filter(({ role }) => role === 'master')
    return masters.map(({ id }) => nodes.filter(({ masterId }) => masterId === id).length)
  }

  await t.test('masters leave, and their replicas go to the masters with the fewest', async (t) => {
    const ids = [await idOf('redis-node4'), await idOf('redis-node5')]
    await passes('remove-node', 'redis-node4')
    t.same((await replicas()).sort(), [1, 1, 2], 'its replica went to one of those with the fewest')
    // redis-cli counts the node that leaves among those with the fewest: it is not to be one of them.
    await passes('replicate', { node: 'redis-node6', of: 'redis-node5' })
    t.match(await redisCli('del-node', addressOf('redis-node0'), ids[1] ?? ''), /CLUSTER RESET SOFT/)
    cluster.leave('redis-node5')
    await healthy()
    await equal(t, 'redis-node4', 'redis-node5')
    t.match(await stateOf(stage, 'redis-node4'), { role: 'master', slots: '', knows: 1, knownBy: 0 })
    t.same([await idOf('redis-node4'), await idOf('redis-node5')], ids, 'they keep their ids')
    const [one = 0, other = 0] = await replicas()
    t.equal(one + other, 4, 'nobody is left without a master')
  })

  await t.test('replicas leave', async (t) => {
    await passes('remove-node', 'redis-node6')
    await redisCli('del-node', addressOf('redis-node0'), await idOf('redis-node7'))
    cluster.leave('redis-node7')
    await healthy()
    await equal(t, 'redis-node6', 'redis-node7')
  })
})
