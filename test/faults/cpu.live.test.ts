import Docker from 'dockerode'
import { parseInfo } from '../../runner/cluster/node-report.ts'
import { lookAt } from '../../runner/platforms/process-id.ts'
import { onEachPlatform, type PlatformKind } from '../support/each-platform.ts'
import { step } from '../support/fake-stage.ts'
import type { LiveStage } from '../support/live-stage.ts'

const [MASTER, REPLICA] = ['redis-node0', 'redis-node1'] as const
const SIGNAL = new AbortController().signal
const SCRIPT = 'local sum = 0 for i = 1, 20000000 do sum = sum + i end return sum'

/** Has a server work, and looks from outside whether the system holds it back meanwhile. */
async function work({ cluster, servers }: LiveStage, node: string, platform: PlatformKind) {
  const { data, client } = cluster.node(node)
  const cpuMs = async () => {
    const info = parseInfo(String(await data.callWithin(20_000, 'INFO', 'cpu')))
    return 1000 * (Number(info.get('used_cpu_sys')) + Number(info.get('used_cpu_user')))
  }
  const pid = parseInfo(String(await client.callWithin(20_000, 'INFO', 'server'))).get('process_id')
  const serverName = servers.nodes.find(({ name }) => name === node)?.serverName ?? ''
  const throttled = async () => {
    const stats = await new Docker().getContainer(serverName).stats({ stream: false, 'one-shot': true })
    return stats.cpu_stats.throttling_data.throttled_periods
  }
  const [usedBefore, throttledBefore] = [await cpuMs(), platform === 'docker' ? await throttled() : 0]
  const startMs = performance.now()
  let done = false
  const working = data.callWithin(20_000, 'EVAL', SCRIPT, '0').finally(() => {
    done = true
  })
  let heldBack = 0
  while (!done) {
    if (platform === 'process' && lookAt(Number(pid))?.letter === 'T') heldBack += 1
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  await working
  const share = ((await cpuMs()) - usedBefore) / (performance.now() - startMs)
  return { share, heldBack: platform === 'docker' ? (await throttled()) - throttledBefore : heldBack }
}

onEachPlatform('a server with a share of a core', async (t, on) => {
  const stage = await on.cluster()
  const look = (node: string) => work(stage, node, on.platform)

  await t.test('gets no more than that, as seen from outside, and all again when it is healed', async (t) => {
    t.equal((await look(MASTER)).heldBack, 0)
    const outcome = await stage.play(step('cpu', { node: MASTER, limit: '5%' }))
    t.match(outcome, {
      verdict: 'passed',
      proof: /^redis-node0: kept busy for .* it used \d+% of a core and was held back for /,
    })
    const { share, heldBack } = await look(MASTER)
    t.ok(share < 0.15, `it used ${share}`)
    t.ok(heldBack > 0, 'the system holds it back')
    t.equal((await look(REPLICA)).heldBack, 0, 'and no other')
    t.match(await stage.servers.state(MASTER), { status: 'running' })
    t.match(await stage.servers.control.limitsOf(MASTER), { cpuShare: 0.05 })

    t.match(await stage.faults.endAll(SIGNAL), [{ proof: /^redis-node0: kept busy, .* was not held back$/ }])
    t.equal((await look(MASTER)).heldBack, 0)
    t.equal((await stage.servers.control.limitsOf(MASTER)).cpuShare, undefined)
  })

  await t.test('can be paused, stopped and killed, and has no more after it', async (t) => {
    await stage.play(step('cpu', { node: REPLICA, limit: '6%' }))
    const { servers } = stage
    await servers.pause(REPLICA)
    t.match(await servers.state(REPLICA), { status: 'paused' })
    await servers.unpause(REPLICA)
    t.match(await servers.state(REPLICA), { status: 'running' })
    await servers.stop(REPLICA, 10_000)
    t.match(await servers.state(REPLICA), { status: 'stopped', exitCode: 0 })
    await servers.start(REPLICA)
    t.match(await stage.play(step('expect', { node: REPLICA, link: 'up' }, { withinMs: 10_000 })), {
      verdict: 'passed',
    })
    t.match(await stage.faults.active, [{ kind: 'cpu' }])
    const [fault] = stage.faults.active
    t.match(await stage.servers.control.limitsOf(REPLICA), { cpuShare: 0.06 })
    await servers.kill(REPLICA)
    t.match(await servers.state(REPLICA), { status: 'stopped', exitCode: 137 })
    await servers.start(REPLICA)
    t.match(await stage.faults.end(fault?.id ?? '', SIGNAL), /was not held back|nothing to measure/)
    await stage.play(step('expect', { node: REPLICA, link: 'up' }, { withinMs: 10_000 }))
  })

  await t.test('is healed by a runner that comes after the one that died', async (t) => {
    await stage.play(step('cpu', { node: [MASTER, REPLICA], limit: '5%' }))
    const heir = stage.successor()
    t.match(await heir.faults.endAll(SIGNAL), [{ proof: /redis-node0: .*not held back; redis-node1: .*not held back/ }])
    t.equal((await look(REPLICA)).heldBack, 0)
    await stage.faults.endAll(SIGNAL)
  })

  await t.test('keeps the narrower of two limits until that is healed', async (t) => {
    await stage.play(step('cpu', { node: MASTER, limit: '8%' }))
    await stage.play(step('cpu', { node: MASTER, limit: '4%' }))
    t.match(await stage.servers.control.limitsOf(MASTER), { cpuShare: 0.04 })
    const [wide, narrow] = stage.faults.active
    await stage.faults.end(narrow?.id ?? '', SIGNAL)
    t.match(await stage.servers.control.limitsOf(MASTER), { cpuShare: 0.08 })
    await stage.faults.end(wide?.id ?? '', SIGNAL)
  })

  await t.test('must be running', async (t) => {
    await stage.servers.stop(REPLICA, 10_000)
    t.match(await stage.play(step('cpu', { node: REPLICA, limit: '20%' })), {
      verdict: 'failed',
      error: { message: /cpu needs nodes that are running: redis-node1 is stopped/ },
    })
    await stage.servers.start(REPLICA)
  })
  t.same(stage.bugs, [])
})
