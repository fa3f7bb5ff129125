import Docker from 'dockerode'
import t, { type Test } from 'tap'
import { DockerPlatform } from '../../runner/platforms/docker/docker-platform.ts'
import { Engine } from '../../runner/platforms/docker/engine.ts'
import { presentToolboxImage } from '../../runner/platforms/docker/toolbox/image.ts'
import { type Channel, CLIENTS, type LinkFault, type LinkProbe } from '../../runner/platforms/faults.ts'
import { requireEngine } from '../support/docker.ts'
import { groupSpec } from '../support/group-spec.ts'
import { KINDS, lookInside, PacketExchange } from '../support/packet-exchange.ts'

const projectRoot = new URL('../..', import.meta.url).pathname
const docker = new Docker()

const spec = await groupSpec({
  nodes: 6,
  settings: { 'cluster-node-timeout': '2000' },
  needs: { links: true, clientLinks: true },
})

const INDICES = [0, 1, 2, 3, 4, 5]
const PAIRS = INDICES.flatMap((from) => INDICES.filter((to) => to !== from).map((to) => [from, to] as const))

function name(index: number): string {
  return `redis-node${index}`
}

function cut(from: number, to: number, channel: Channel, mode: 'drop' | 'reject' = 'drop'): LinkFault {
  return { from: name(from), to: name(to), channel, cut: mode }
}

/** The packets that a link's channel consists of, as PacketExchange names them. */
function packetsOf({ from, to, channel }: LinkFault): string[] {
  const kinds = KINDS.filter((kind) => channel === 'all' || kind.startsWith(channel))
  return kinds.map((kind) => `${from.slice(-1)}>${to.slice(-1)} ${kind}`)
}

t.test('faults of the network on Docker', async (t) => {
  if (!(await requireEngine(t))) return
  const platform = new DockerPlatform({ server: 'redis:7.0', projectRoot })
  t.teardown(() => platform.close())
  t.teardown(() => platform.removeRun(spec.runId))
  const support = await platform.faultSupport()
  if (!support.find(({ capability }) => capability === 'partition')?.supported) {
    t.fail(`no partitions here: ${JSON.stringify(support)}`)
    return
  }
  const group = await platform.create(spec, () => undefined)
  const engine = new Engine()
  t.teardown(() => engine.close())
  const image = (await presentToolboxImage(engine, projectRoot)) ?? ''
  const { network } = group
  const foreign = await makeForeign(t, image)
  const exchange = await PacketExchange.open(group.nodes, image, `${spec.namePrefix}exchange`)
  t.teardown(() => exchange.close())

  const outcomes = async (probes: LinkProbe[], timeoutMs = 1_000) =>
    (await network.probe(probes, timeoutMs)).map(
      ({ from, to, channel, outcome }) => `${from}>${to} ${channel} ${outcome}`,
    )
  const look = (index: number, ...command: string[]) => {
    const node = group.nodes[index]
    if (!node) throw new Error(`no node ${index}`)
    return lookInside(node, image, command)
  }
  const rules = (index: number) => look(index, 'nft', '--stateless', 'list', 'ruleset')

  await t.test('whole at first: all packets arrive, all servers answer', async (t) => {
    t.same(await exchange.missing([]), [])
    const probes = PAIRS.flatMap(([from, to]) =>
      (['data', 'bus'] as const).map((channel): LinkProbe => ({ from: name(from), to: name(to), channel })),
    )
    const fromClients = INDICES.map((to): LinkProbe => ({ from: CLIENTS, to: name(to), channel: 'data' }))
    const answers = await network.probe([...probes, ...fromClients], 5_000)
    t.same(
      answers.filter(({ outcome, roundTripMs }) => outcome !== 'open' || !(roundTripMs && roundTripMs > 0)),
      [],
    )
    t.same(
      answers.map(({ from, to, channel }) => ({ from, to, channel })),
      [...probes, ...fromClients],
      'in the order of the questions',
    )
  })

  await t.test('each ordered pair alone: exactly the packets of that direction are stopped', async (t) => {
    for (const [from, to] of PAIRS) {
      const link = cut(from, to, 'all')
      await network.set([link])
      t.same(await exchange.missing(packetsOf(link)), packetsOf(link), `${from} to ${to}`)
      const [count] = await network.counts()
      t.ok(count && count.packets >= KINDS.length, `${count?.packets} packets were counted`)
    }
  })

  for (const mode of ['drop', 'reject'] as const) {
    for (const channel of ['all', 'bus', 'data'] as const) {
      await t.test(`${mode}, ${channel}: all pairs, each once, not all at once`, async (t) => {
        for (const distance of [1, 2, 3, 4, 5]) {
          const links = INDICES.map((from) => cut(from, (from + distance) % 6, channel, mode))
          const lost = links.flatMap(packetsOf)
          await network.set(links)
          t.same((await exchange.missing(lost)).sort(), lost.sort(), `from each node to the one ${distance} further`)
        }
      })
    }
  }

  await t.test('the links of before are whole again when others are asked for, and all when none is', async (t) => {
    await network.set([cut(0, 1, 'all')])
    await network.set([cut(1, 0, 'bus')])
    t.same((await exchange.missing(packetsOf(cut(1, 0, 'bus')))).sort(), packetsOf(cut(1, 0, 'bus')).sort())
    await network.set([])
    t.same(await exchange.missing([]), [])
  })

  await t.test(
    'a cut stands at both ends: a node that lost its rules leaks nothing; asked for again, it has them',
    async (t) => {
      const links = [cut(0, 1, 'all'), cut(1, 0, 'all')]
      const lost = links.flatMap(packetsOf)
      await network.set(links)
      for (const index of [0, 1]) {
        const before = await rules(index)
        await look(index, 'nft', 'delete', 'table', 'ip', 'redis-chaos')
        t.notMatch(await rules(index), /redis-chaos/)
        t.same((await exchange.missing(lost)).sort(), lost.sort(), `without rules of node ${index}`)
        await network.set(links)
        t.equal(await rules(index), before)
      }
    },
  )

  await t.test('asked for twice, nothing more happens; counting goes on', async (t) => {
    const links = [cut(2, 3, 'all'), cut(3, 2, 'data', 'reject'), { ...cut(4, 5, 'bus'), cut: 'drop' as const }]
    await network.set(links)
    await exchange.missing(links.flatMap(packetsOf))
    const [before, counted] = [await rules(3), await network.counts()]
    await network.set(links)
    t.equal(await rules(3), before)
    const later = await network.counts()
    t.ok(later.every(({ packets }, index) => packets >= (counted[index]?.packets ?? Number.NaN)))
    t.same(
      later.map(({ link }) => link),
      links,
    )
    await network.set([])
    t.same(await network.counts(), [])
  })

  await t.test('what probes see of a cut: silence, or a refusal', async (t) => {
    const probes: LinkProbe[] = [
      { from: name(0), to: name(1), channel: 'data' },
      { from: name(0), to: name(1), channel: 'bus' },
      { from: name(1), to: name(0), channel: 'data' },
      { from: name(2), to: name(1), channel: 'data' },
    ]
    const seen = (...words: string[]) =>
      probes.map(({ from, to, channel }, index) => `${from}>${to} ${channel} ${words[index]}`)
    await network.set([cut(0, 1, 'all'), cut(1, 0, 'all')])
    t.same(await outcomes(probes), seen('silent', 'silent', 'silent', 'open'))
    await network.set([cut(0, 1, 'all', 'reject'), cut(1, 0, 'all', 'reject')])
    t.same(await outcomes(probes), seen('refused', 'refused', 'refused', 'open'))
    await network.set([cut(0, 1, 'bus'), cut(1, 0, 'bus', 'reject')])
    t.same(await outcomes(probes), seen('open', 'silent', 'open', 'open'))
    await network.set([cut(0, 1, 'data', 'reject')])
    t.same(await outcomes(probes), seen('refused', 'open', 'silent', 'open'), 'answers of 0 do not reach 1')
    await network.set([])
    t.same(await outcomes(probes, 5_000), seen('open', 'open', 'open', 'open'))
  })

  await t.test('clients: they alone are cut off, and from this node alone', async (t) => {
    const probes = [1, 2].map((to): LinkProbe => ({ from: CLIENTS, to: name(to), channel: 'data' }))
    const words = (first: string) => [`clients>redis-node1 data ${first}`, 'clients>redis-node2 data open']
    const faults: [LinkFault[], string][] = [
      [[{ from: CLIENTS, to: name(1), channel: 'data', cut: 'drop' }], 'silent'],
      [[{ from: name(1), to: CLIENTS, channel: 'all', cut: 'drop' }], 'silent'],
      [[{ from: CLIENTS, to: name(1), channel: 'data', cut: 'reject' }], 'refused'],
      [
        [
          { from: CLIENTS, to: name(1), channel: 'all', cut: 'reject' },
          { from: name(1), to: CLIENTS, channel: 'all', cut: 'reject' },
        ],
        'refused',
      ],
    ]
    for (const [links, first] of faults) {
      await network.set(links)
      t.same(await outcomes(probes), words(first), JSON.stringify(links))
      t.same(await exchange.missing([]), [], 'nodes reach each other')
      t.ok((await network.counts()).some(({ packets }) => packets > 0))
    }
    await network.set([])
    t.same(await outcomes(probes, 5_000), words('open'))
  })

  await t.test(
    'loss: the share that was asked for, in one direction; what was counted is what is missing',
    async (t) => {
      await network.set([{ from: name(0), to: name(1), channel: 'data', lossRatio: 0.3 }])
      const sent = 3_000
      const arrived = await exchange.flood(0, 1, sent)
      const lostRatio = 1 - arrived / sent
      t.ok(lostRatio > 0.25 && lostRatio < 0.35, `${lostRatio} of the packets were lost`)
      t.equal((await network.counts())[0]?.packets, sent - arrived)
      t.equal(await exchange.flood(1, 0, 500), 500, 'the other direction')
      t.equal(await exchange.flood(0, 2, 500), 500, 'another link')
      await network.set([
        { from: name(0), to: name(1), channel: 'data', lossRatio: 0.5 },
        { from: name(0), to: name(1), channel: 'all', lossRatio: 0.5 },
      ])
      const both = 1 - (await exchange.flood(0, 1, sent)) / sent
      t.ok(both > 0.7 && both < 0.8, `${both} of the packets were lost by two faults of a half each`)
    },
  )

  await t.test('duplicates: every packet comes twice', async (t) => {
    await network.set([{ from: name(0), to: name(1), channel: 'data', duplicateRatio: 1 }])
    t.equal(await exchange.flood(0, 1, 500), 1_000)
    t.equal((await network.counts())[0]?.packets, 500)
    t.equal(await exchange.flood(1, 0, 500), 500, 'the other direction')
  })

  await t.test('bandwidth: a question takes as long as its bytes need', async (t) => {
    const payloadBytes = 48_000
    const probe = (from: string, to: string): LinkProbe => ({ from, to, channel: 'data', payloadBytes })
    const bytesPerSecond = 60_000
    for (const [from, to] of [
      [name(0), name(1)],
      [CLIENTS, name(1)],
    ] as const) {
      await network.set([{ from, to, channel: 'data', bytesPerSecond }])
      const [answer] = await network.probe([probe(from, to)], 20_000)
      t.ok((answer?.roundTripMs ?? 0) > 600, `${from} to ${to}: ${answer?.roundTripMs} ms, 800 ms for the bytes alone`)
      const [count] = await network.counts()
      t.ok(count && count.packets > 0, `${count?.packets} packets were counted`)
      t.same(await exchange.missing([]), [], 'all packets arrive')
    }
    await network.set([
      { from: name(0), to: name(1), channel: 'all', bytesPerSecond },
      { from: name(0), to: name(1), channel: 'data', bytesPerSecond: 1_000_000 },
    ])
    const [narrowest] = await network.probe([probe(name(0), name(1))], 20_000)
    t.ok((narrowest?.roundTripMs ?? 0) > 500, `all channels together: ${narrowest?.roundTripMs} ms`)
    await network.set([{ from: name(0), to: name(1), channel: 'bus', bytesPerSecond: 1_000 }])
    const [other] = await network.probe([probe(name(0), name(1))], 20_000)
    t.ok((other?.roundTripMs ?? Number.NaN) < 40_000, `the other channel: ${other?.roundTripMs} ms`)
  })

  await t.test("delay: by the kernel or the runner's own links, or unsupported with the reason", async (t) => {
    const delay: LinkFault = { from: name(0), to: name(1), channel: 'all', delayMs: 150, jitterMs: 20 }
    const { supported, how } = support.find(({ capability }) => capability === 'delay') ?? {}
    if (!supported) {
      await t.rejects(network.set([delay]), { name: 'UnsupportedFault', message: /^delay is unsupported here/ })
      t.match(how, /netem/)
      return
    }
    await network.set([delay])
    const [answer] = await network.probe([{ from: name(0), to: name(1), channel: 'data' }], 5_000)
    t.ok((answer?.roundTripMs ?? 0) > 120, `${answer?.roundTripMs} ms, by ${how}`)
    await network.set([])
  })

  await t.test('what is unsupported changes nothing, not even the rest of what was asked for', async (t) => {
    const corrupt: LinkFault = { from: name(0), to: name(1), channel: 'all', corruptRatio: 0.1 }
    if (support.find(({ capability }) => capability === 'corrupt')?.supported) {
      await network.set([corrupt])
      t.ok((await exchange.flood(0, 1, 500)) < 500, 'packets that came whole')
      return
    }
    await network.set([cut(4, 5, 'all')])
    await t.rejects(network.set([cut(0, 1, 'all'), corrupt]), {
      name: 'UnsupportedFault',
      message: /^corrupt is unsupported here: the kernel lacks netem/,
      hint: /sch_netem/,
    })
    t.same((await exchange.missing(packetsOf(cut(4, 5, 'all')))).sort(), packetsOf(cut(4, 5, 'all')).sort())
    t.same(
      (await network.counts()).map(({ link }) => link),
      [cut(4, 5, 'all')],
    )
  })

  await t.test('a fault that makes no sense', async (t) => {
    const refused = (link: Partial<LinkFault>, message: RegExp) =>
      t.rejects(network.set([{ ...cut(0, 1, 'all'), ...link }]), { name: 'PlatformError', message })
    await refused({ to: 'redis-node9' }, /no node redis-node9/)
    await refused({ to: name(0) }, /no link to itself/)
    await refused({ to: CLIENTS, channel: 'bus' }, /no link to the cluster bus/)
    await refused({ lossRatio: 1.5 }, /a ratio is 0 to 1, not 1.5/)
    await refused({ delayMs: 10, jitterMs: 20 }, /a jitter is 0 to the delay of 10 ms, not 20/)
    await refused({ bytesPerSecond: 10 }, /1000 bytes per second or more, not 10/)
    await t.rejects(network.probe([{ from: name(0), to: CLIENTS, channel: 'data' }], 100), { name: 'PlatformError' })
  })

  await t.test('healed: no table, no queue, no device, no toolbox is left', async (t) => {
    await network.set([
      cut(0, 1, 'all'),
      { from: name(0), to: name(2), channel: 'all', bytesPerSecond: 10_000 },
      { from: CLIENTS, to: name(0), channel: 'data', bytesPerSecond: 10_000 },
    ])
    t.match(await rules(0), /table ip redis-chaos/)
    t.match(await look(0, 'tc', 'qdisc', 'show'), /htb[\s\S]*tbf[\s\S]*ingress/)
    t.match(await look(0, 'ip', 'link'), /redis-chaos/)
    // By another process, which knows only the run.
    const other = new DockerPlatform({ server: 'redis:7.0', projectRoot })
    t.teardown(() => other.close())
    await (await other.find(spec.runId))?.network.set([])
    for (const index of INDICES) {
      t.notMatch(await rules(index), /redis-chaos/, `rules of node ${index}`)
      t.notMatch(await look(index, 'tc', 'qdisc', 'show'), /htb|tbf|ingress/, `queues of node ${index}`)
      t.notMatch(await look(index, 'ip', 'link'), /redis-chaos/, `devices of node ${index}`)
    }
    await network.set([])
    t.same(await exchange.missing([]), [])
    t.same(await toolboxes(spec.runId), [])
  })

  await t.test('a container and a network that are not ours', async (t) => {
    const { State } = await foreign.inspect()
    t.ok(State.Running && State.Pid > 0)
    const inside = {
      ...(group.nodes[0] as (typeof group.nodes)[number]),
      serverName: (await foreign.inspect()).Name.slice(1),
    }
    t.notMatch(await lookInside(inside, image, ['nft', 'list', 'ruleset']), /redis-chaos/)
  })
})

/** A container on a network, made by hand, that stays until the test ends. */
async function makeForeign(t: Test, image: string): Promise<Docker.Container> {
  const network = await docker.createNetwork({ Name: `${spec.namePrefix}foreign` })
  t.teardown(() => network.remove())
  const container = await docker.createContainer({
    name: `${spec.namePrefix}foreign`,
    Image: image,
    Entrypoint: ['perl', '-e', 'sleep'],
    HostConfig: { NetworkMode: `${spec.namePrefix}foreign` },
  })
  t.teardown(() => container.remove({ force: true }))
  await container.start()
  return container
}

/** Toolboxes of the run that are still there after a while. */
async function toolboxes(runId: string): Promise<string[]> {
  const filters = JSON.stringify({ label: [`redis-chaos.run=${runId}`, 'redis-chaos.toolbox'] })
  const deadlineMs = performance.now() + 10_000
  for (;;) {
    const left = await docker.listContainers({ all: true, filters })
    if (left.length === 0 || performance.now() > deadlineMs) return left.map(({ Names }) => Names.join())
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
