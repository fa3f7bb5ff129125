import t from 'tap'
import { systemClock } from '../../runner/base/clock.ts'
import { LiveCluster } from '../../runner/cluster/live-cluster.ts'
import type { Command } from '../../runner/cluster/node-client.ts'
import { NotClean, ServerCleaner, type ServersLook, whyNotFresh } from '../../runner/engine/clean-servers.ts'
import { newStateFolder, platformIn } from '../platforms/process-groups.ts'
import { groupSpec } from '../support/group-spec.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

const OTHER = 'redis-node1'
const DIRTY = 'redis-node0'
const FUNCTION = "#!lua name=left\nredis.register_function('left', function() return 1 end)"

interface Plant {
  what: string
  commands: readonly Command[]
  /** What is told of it, if nothing takes it away. */
  told: string
  /** What only new servers are without. */
  stays?: true
}

const PLANTS: readonly Plant[] = [
  { what: 'an owned slot', commands: [['CLUSTER', 'ADDSLOTS', 7]], told: 'its slots' },
  { what: 'an epoch', commands: [['CLUSTER', 'SET-CONFIG-EPOCH', 5]], told: 'its epochs' },
  { what: 'a script', commands: [['SCRIPT', 'LOAD', 'return 1']], told: 'its cached scripts' },
  { what: 'a function', commands: [['FUNCTION', 'LOAD', FUNCTION]], told: 'its functions' },
  { what: 'a user', commands: [['ACL', 'SETUSER', 'eve', 'on']], told: 'its users', stays: true },
  {
    what: 'a setting',
    commands: [['CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru']],
    told: 'its setting maxmemory-policy',
    stays: true,
  },
]

t.test('what a play may leave is seen, and most of it taken away', { skip: skipWithoutRedis() }, async (t) => {
  const platform = platformIn(newStateFolder(t))
  await platform.prepare(() => undefined)
  const group = await platform.create(
    await groupSpec({ settings: { appendonly: 'yes', 'cluster-node-timeout': '1000' } }),
    () => undefined,
  )
  t.teardown(async () => {
    await group.remove()
    await platform.close()
  })
  const live = new LiveCluster({ nodes: group.nodes, ...(await group.users()), clock: systemClock })
  t.teardown(() => live.close())
  const cleaner = new ServerCleaner(group, systemClock)
  const fresh = await cleaner.look()
  let formerIds: string[] = []
  const why = (now: ServersLook, restarted: readonly string[] = []) =>
    whyNotFresh(fresh, now, { formerIds, restarted: new Set(restarted) })
  const reset = async () => {
    const done = await cleaner.reset()
    ;({ formerIds } = done)
    return done.now
  }
  const send = async (...commands: readonly Command[]) => {
    for (const reply of await live.node(DIRTY).client.pipeline(commands)) if (reply instanceof Error) throw reply
  }

  t.equal(why(await cleaner.look()), `${DIRTY} has kept its id`, 'nothing else is wrong')
  t.equal(why(await reset()), undefined, 'a reset alone leaves no trace')
  for (const { what, commands, told } of PLANTS.filter(({ stays }) => !stays)) {
    await send(...commands)
    t.equal(why(await cleaner.look()), `${DIRTY} is not as it was when it was new: ${told}`, `${what} is seen`)
    t.equal(why(await reset()), undefined, `${what} is taken away`)
  }

  await send(['CLUSTER', 'ADDSLOTSRANGE', 0, 16383])
  for (let written = false; !written; ) {
    const [reply] = await live.node(DIRTY).client.pipeline([['SET', 'a', '1']])
    written = reply === 'OK'
  }
  t.equal(why(await cleaner.look()), `${DIRTY} is not as it was when it was new: its keys`, 'a key is seen')
  t.equal(why(await reset()), undefined, 'and is gone')

  const otherId = (await cleaner.look()).get(OTHER)?.id ?? ''
  const other = live.node(OTHER)
  await send(['CLUSTER', 'MEET', other.peerHost, other.peerPort])
  for (let known = false; !known; ) {
    const [nodes] = await live.node(DIRTY).client.pipeline([['CLUSTER', 'NODES']])
    known = String(nodes).includes(otherId)
  }
  t.equal(why(await cleaner.look()), `${DIRTY} is not as it was when it was new: whom it knows`, 'a member is seen')
  await send(['CLUSTER', 'SETSLOT', 7, 'IMPORTING', otherId])
  t.equal(why(await cleaner.look()), `${DIRTY} is not as it was when it was new: its slots`, 'an open slot is seen')
  t.equal(why(await reset()), undefined, 'both are gone')

  await group.kill(DIRTY)
  await t.rejects(cleaner.reset(), NotClean, 'a server that is down is not clean')
  await group.start(DIRTY)
  for (let answers = false; !answers; ) {
    const [reply] = await live.node(DIRTY).client.pipeline([['PING']])
    answers = reply === 'PONG'
  }
  const started = await reset()
  t.equal(why(started), `${DIRTY} is not as it was when it was new: it is another process`)
  t.equal(why(started, [DIRTY]), undefined, 'which is well if the play started it')

  for (const { what, commands, told } of PLANTS.filter(({ stays }) => stays)) {
    await send(...commands)
    const found = why(await reset(), [DIRTY])
    t.equal(found, `${DIRTY} is not as it was when it was new: ${told}`, `${what} is still there, and told of`)
    if (what === 'a user') await send(['ACL', 'DELUSER', 'eve'])
  }
})
