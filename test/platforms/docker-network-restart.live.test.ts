import { setTimeout as sleep } from 'node:timers/promises'
import Docker from 'dockerode'
import t, { type Test } from 'tap'
import { DockerPlatform } from '../../runner/platforms/docker/docker-platform.ts'
import { Engine } from '../../runner/platforms/docker/engine.ts'
import { presentToolboxImage } from '../../runner/platforms/docker/toolbox/image.ts'
import { Toolbox } from '../../runner/platforms/docker/toolbox/toolbox.ts'
import { CLIENTS, type LinkFault, type LinkProbe } from '../../runner/platforms/faults.ts'
import type { ServerGroup, ServerGroupSpec } from '../../runner/platforms/platform.ts'
import { requireEngine } from '../support/docker.ts'
import { groupSpec } from '../support/group-spec.ts'
import { leftovers } from '../support/leftovers.ts'
import { lookInside } from '../support/packet-exchange.ts'

const projectRoot = new URL('../..', import.meta.url).pathname
const docker = new Docker()
const APPEARS_WITHIN_MS = 20_000

function linkedSpec(overrides: Partial<ServerGroupSpec> = {}): Promise<ServerGroupSpec> {
  return groupSpec({ nodes: 3, settings: {}, needs: { links: true }, ...overrides })
}

const [first, second, third] = ['redis-node0', 'redis-node1', 'redis-node2'] as const

const LINKS: LinkFault[] = [
  { from: first, to: second, channel: 'all', cut: 'drop' },
  { from: second, to: first, channel: 'all', cut: 'drop' },
  { from: CLIENTS, to: first, channel: 'data', cut: 'drop' },
  { from: first, to: third, channel: 'data', bytesPerSecond: 50_000 },
]

const PROBES: LinkProbe[] = [
  { from: first, to: second, channel: 'data' },
  { from: second, to: first, channel: 'bus' },
  { from: CLIENTS, to: first, channel: 'data' },
  { from: third, to: first, channel: 'bus' },
  { from: third, to: second, channel: 'data' },
]
const CUT = ['silent', 'silent', 'silent', 'open', 'open']

t.test('faults of the network, and what happens to nodes meanwhile', async (t) => {
  if (!(await requireEngine(t))) return
  const platform = new DockerPlatform({ server: 'redis:7.0', projectRoot })
  const engine = new Engine()
  const toolbox = new Toolbox(engine, projectRoot)
  t.teardown(async () => {
    engine.close()
    await platform.close()
  })
  await toolbox.prepare()
  const image = (await presentToolboxImage(engine, projectRoot)) ?? ''

  const create = async (t: Test, wanted: ServerGroupSpec): Promise<ServerGroup> => {
    t.teardown(() => platform.removeRun(wanted.runId))
    return platform.create(wanted, () => undefined)
  }
  const outcomes = async (group: ServerGroup) =>
    (await group.network.probe(PROBES, 1_000)).map(({ outcome }) => outcome)
  const inside = (group: ServerGroup, index: number, ...command: string[]) => {
    const node = group.nodes[index]
    if (!node) throw new Error(`no node ${index}`)
    return lookInside(node, image, command)
  }
  const isWhole = async (group: ServerGroup, index: number) =>
    /redis-chaos/.test(await inside(group, index, 'nft', 'list', 'ruleset')) &&
    /tbf/.test(await inside(group, index, 'tc', 'qdisc', 'show'))

  await t.test('a node that starts anew has its faults again', async (t) => {
    const wanted = await linkedSpec()
    const group = await create(t, wanted)
    const { network } = group
    await network.set(LINKS)
    t.same(await outcomes(group), CUT)
    const [name = ''] = group.nodes.map(({ serverName }) => serverName)

    await group.kill(first)
    t.same(
      (await network.counts()).map(({ link }) => link),
      LINKS,
      'counts, with a node that does not run',
    )
    await t.rejects(network.probe([{ from: first, to: second, channel: 'data' }], 500), {
      name: 'PlatformError',
      message: /redis-node0 does not run/,
    })
    await group.start(first)
    t.ok(await isWhole(group, 0), 'started by the group: as soon as it says so')
    t.same(await outcomes(group), CUT)

    await group.restart(first, 5_000)
    t.ok(await isWhole(group, 0), 'restarted by the group')

    await docker.getContainer(name).restart({ t: 5 })
    const deadlineMs = performance.now() + APPEARS_WITHIN_MS
    while (!(await isWhole(group, 0)) && performance.now() < deadlineMs) await sleep(50)
    t.ok(await isWhole(group, 0), 'restarted by somebody else')
    t.same(await outcomes(group), CUT)

    await group.stop(first, 5_000)
    await network.set([...LINKS.slice(0, 3)])
    await group.start(first)
    t.notMatch(await inside(group, 0, 'tc', 'qdisc', 'show'), /tbf/, 'what was asked for while it was down')
    t.same(await outcomes(group), CUT)

    await group.pause(second)
    await network.set([])
    await group.unpause(second)
    for (const index of [0, 1, 2]) t.notMatch(await inside(group, index, 'nft', 'list', 'ruleset'), /redis-chaos/)
    await group.restart(first, 5_000)
    t.notMatch(await inside(group, 0, 'nft', 'list', 'ruleset'), /redis-chaos/, 'nothing comes back')
    await group.remove()
    t.same(await leftovers(wanted.namePrefix, wanted.runId), [])
  })

  await t.test('connections that are there fall silent, and go on when they are healed', async (t) => {
    const settings = { 'cluster-node-timeout': '2000' }
    const group = await create(t, await linkedSpec({ settings, nodes: 2 }))
    const { connect } = await import('node:net')
    const [node] = group.nodes
    // A client that stays connected, through the engine's own forwarder.
    const socket = connect({ host: '127.0.0.1', port: node?.port ?? 0 })
    t.teardown(() => socket.destroy())
    const heard: string[] = []
    socket.on('data', (data: Buffer) => heard.push(data.toString()))
    socket.on('error', (error) => t.fail(`the connection broke: ${error.message}`))
    const answers = async (count: number, withinMs: number) => {
      const deadlineMs = performance.now() + withinMs
      while (heard.join('').split('\r\n').length - 1 < count && performance.now() < deadlineMs) await sleep(10)
      return heard.join('').split('\r\n').length - 1
    }
    socket.write('PING\r\n')
    t.equal(await answers(1, 5_000), 1)
    await group.network.set([{ from: first, to: CLIENTS, channel: 'data', cut: 'drop' }])
    socket.write('PING\r\n')
    t.equal(await answers(2, 1_500), 1, 'the answer is on its way')
    await group.network.set([])
    t.equal(await answers(2, 20_000), 2, 'and comes, on the same connection')
    socket.destroy()
  })

  await t.test('ended in the middle, no toolbox is left, nor anything of the group', async (t) => {
    for (const afterMs of [0, 20, 60, 120, 200, 300]) {
      const wanted = await linkedSpec({ nodes: 2 })
      const group = await create(t, wanted)
      const links = LINKS.filter(({ to }) => to !== third)
      const setting = group.network.set(links).then(
        () => 'set',
        (error: Error) => error.message,
      )
      await sleep(afterMs)
      await group.remove()
      t.match(await setting, /^set$|no longer controlled|stopped answering|could not/)
      t.same(await leftovers(wanted.namePrefix, wanted.runId), [], `${afterMs} ms`)
    }
  })

  await t.test('a toolbox that a runner left at work is gone before another one heals', async (t) => {
    const wanted = await linkedSpec({ nodes: 2 })
    const group = await create(t, wanted)
    const stale = await docker.createContainer({
      name: `${wanted.namePrefix}stale`,
      Image: image,
      Entrypoint: ['perl', '-e', 'sleep'],
      Labels: { 'redis-chaos.run': wanted.runId, 'redis-chaos.toolbox': '1' },
    })
    await stale.start()
    await (await platform.find(wanted.runId))?.network.set([])
    const gone = await stale.inspect().catch((error: { statusCode?: number }) => error.statusCode)
    t.equal(gone, 404)
    await group.remove()
  })

  await t.test('a group made without needing links', async (t) => {
    const { needs, ...without } = await linkedSpec({ nodes: 2 })
    const group = await create(t, without)
    t.same(needs, { links: true })
    await group.network.set(LINKS.slice(0, 2))
    const [answer] = await group.network.probe([{ from: first, to: second, channel: 'data' }], 1_000)
    t.equal(answer?.outcome, 'silent', 'the toolbox is there already')
    await group.network.set([])

    const nowhere = new DockerPlatform({ server: 'redis:7.0', projectRoot: await otherToolbox(t) })
    t.teardown(() => nowhere.close())
    const found = await nowhere.find(without.runId)
    await t.rejects(found?.network.set(LINKS.slice(0, 2)) ?? Promise.resolve(), {
      name: 'UnsupportedFault',
      message: 'a network fault is unsupported here: the servers were made without what it needs',
    })
    await group.remove()
  })

  await t.test('a process that is no node is never touched, whatever number it has', async (t) => {
    const group = await create(t, await linkedSpec({ nodes: 2 }))
    const address = group.nodes[0]?.peerHost ?? ''
    const another = (await docker.getContainer(group.nodes[1]?.serverName ?? '').inspect()).State.Pid
    const run = { runId: group.runId, purpose: 'try', timeoutMs: 5_000, enters: true }
    const enter = async (pid: number) => {
      const steps = [{ program: 'rules' as const, input: 'table ip redis-chaos { }\n' }]
      const task = { key: 'host', namespace: { pid, address }, steps }
      return (await toolbox.run([task], run)).get('host')
    }
    t.match(await enter(another), [{ step: 'enter', exit: 1, errors: /not that of the node/ }])
    t.notMatch(await inside(group, 1, 'nft', 'list', 'ruleset'), /redis-chaos/)
    t.match(await enter(1), [{ step: 'enter', exit: 1, errors: /not that of the node|cannot be opened/ }], 'the host')
    t.match(await enter(4_194_303), [{ step: 'enter', exit: 1, errors: /cannot be opened/ }], 'nobody')
    await group.remove()
  })

  await t.test('a toolbox that does not come to its end is ended', async (t) => {
    const wanted = await linkedSpec({ nodes: 1 })
    const group = await create(t, wanted)
    const [node] = group.nodes
    await docker.getContainer(node?.serverName ?? '').pause()
    const details = await docker.getContainer(node?.serverName ?? '').inspect()
    const input = `0 ${node?.peerHost} ${node?.peerPort} data 0 60000\n`
    const task = {
      key: 'probe',
      namespace: { pid: details.State.Pid, address: node?.peerHost ?? '' },
      steps: [{ program: 'probe' as const, input }],
    }
    const run = { runId: group.runId, purpose: 'try', timeoutMs: 1_000, enters: true }
    await t.rejects(toolbox.run([task], run), {
      name: 'PlatformError',
      message: /ended before it was done: toolbox: not done after 1 s/,
    })
    const cancelled = toolbox.run([task], { ...run, timeoutMs: 30_000, signal: AbortSignal.timeout(700) })
    await t.rejects(cancelled, { name: 'TimeoutError' })
    await group.remove()
    t.same(await leftovers(wanted.namePrefix, group.runId), [])
  })
})

/** A project whose toolbox has another content, and so is on no engine. */
async function otherToolbox(t: Test): Promise<string> {
  const { appendFile, cp } = await import('node:fs/promises')
  const folder = t.testdir()
  await cp(`${projectRoot}docker`, `${folder}/docker`, { recursive: true })
  await appendFile(`${folder}/docker/toolbox/probe.pl`, `# ${process.pid}\n`)
  return folder
}
