import t from 'tap'
import { CLIENTS, type LinkFault, type LinkProbe } from '../../runner/platforms/faults.ts'
import { ProcessPlatform } from '../../runner/platforms/process/process-platform.ts'
import { groupSpec } from '../support/group-spec.ts'
import { cut, describe, linkedGroup, name, skipWithoutLoopback } from './linked-group.ts'
import { answers, ask, newStateFolder, platformIn, processesOf, projectRoot } from './process-groups.ts'

const SILENT_AFTER_MS = 400
const WITHIN_MS = 8_000
const NO_FAULT = { from: name(0), to: name(1), channel: 'all' } as const

const skip = await skipWithoutLoopback()

function data(from: string, to: string, payloadBytes?: number): LinkProbe {
  return { from, to, channel: 'data', ...(payloadBytes === undefined ? {} : { payloadBytes }) }
}

t.test('a group with links', { skip }, async (t) => {
  const { group, platform, stateFolder, runId, portBase } = await linkedGroup(t, { nodes: 3 })
  const { network } = group
  const roundTripMs = async (from: number, to: number, channel: 'bus' | 'data' = 'data', payloadBytes?: number) => {
    const probe = { ...data(name(from), name(to), payloadBytes), channel }
    const [answer] = await network.probe([probe], WITHIN_MS)
    t.equal(answer?.outcome, 'open')
    return answer?.roundTripMs ?? Number.NaN
  }

  await t.test('nodes know each other by addresses of their own, clients reach them past the links', async (t) => {
    t.match(group.nodes[1], { host: 'localhost', port: portBase + 1, peerHost: '127.0.10.11', peerPort: portBase + 1 })
    t.same(await ask(portBase + 1, 'CONFIG', 'GET', 'bind'), ['bind', '127.0.11.11 127.0.0.1'])
    t.same(await ask(portBase + 1, 'CONFIG', 'GET', 'cluster-announce-ip'), ['cluster-announce-ip', '127.0.10.11'])
    t.same(await ask(portBase + 1, 'CONFIG', 'GET', 'replica-announce-ip'), ['replica-announce-ip', '127.0.10.11'])
    t.same(await ask(portBase + 1, 'CONFIG', 'GET', 'bind-source-addr'), ['bind-source-addr', '127.0.10.11'])
    await network.set([cut(0, 1), cut(1, 0)])
    t.match(await network.probe([data(CLIENTS, name(1))], WITHIN_MS), [{ outcome: 'open' }])
    await network.set([])
  })

  await t.test('delay, of one direction and one channel', async (t) => {
    await network.set([{ ...NO_FAULT, channel: 'data', delayMs: 150 }])
    t.ok((await roundTripMs(0, 1)) >= 149)
    t.ok((await roundTripMs(1, 0)) >= 149, 'its answers are late too')
    const without = [await roundTripMs(0, 2), await roundTripMs(2, 1), await roundTripMs(0, 1, 'bus')]
    t.ok(Math.min(...without) < 149, `${without} ms`)
    await network.set([{ ...NO_FAULT, channel: 'bus', delayMs: 150 }])
    t.ok((await roundTripMs(0, 1, 'bus')) >= 149)
    await network.set([])
    t.ok(Math.min(await roundTripMs(0, 1), await roundTripMs(0, 1), await roundTripMs(0, 1)) < 149)
  })

  await t.test('bandwidth, seen in a large question', async (t) => {
    await network.set([{ ...NO_FAULT, bytesPerSecond: 40_000 }])
    const slowMs = await roundTripMs(0, 1, 'data', 40_000)
    t.ok(slowMs >= 990, `${slowMs} ms for 40 000 bytes`)
    t.ok(Math.min(await roundTripMs(1, 0, 'data', 40_000), await roundTripMs(1, 0, 'data', 40_000)) < 990)
    await network.set([])
  })

  await t.test('reject, and bus and data apart', async (t) => {
    const both = (['bus', 'data'] as const).map((channel) => ({ from: name(0), to: name(1), channel }))
    await network.set([cut(0, 1, { cut: 'reject', channel: 'bus' })])
    t.same(
      (await network.probe(both, WITHIN_MS)).map(({ outcome }) => outcome),
      ['refused', 'open'],
    )
    await network.set([cut(0, 1, { channel: 'data' })])
    t.same(
      (await network.probe(both, SILENT_AFTER_MS)).map(({ outcome }) => outcome),
      ['open', 'silent'],
    )
    await network.set([])
    t.same(
      (await network.probe(both, WITHIN_MS)).map(({ outcome }) => outcome),
      ['open', 'open'],
    )
  })

  await t.test('only a server itself answers: not when it is paused, not when it is down', async (t) => {
    const both = (['bus', 'data'] as const).map((channel) => ({ from: name(0), to: name(1), channel }))
    await group.pause(name(1))
    t.same(
      (await network.probe(both, SILENT_AFTER_MS)).map(({ outcome }) => outcome),
      ['silent', 'silent'],
    )
    await group.unpause(name(1))
    await network.set([cut(0, 2)])
    await group.stop(name(1), WITHIN_MS)
    t.same(
      (await network.probe(both, WITHIN_MS)).map(({ outcome }) => outcome),
      ['refused', 'refused'],
    )
    await group.start(name(1))
    await ask(portBase + 1, 'PING')
    t.same(
      (await network.probe(both, WITHIN_MS)).map(({ outcome }) => outcome),
      ['open', 'open'],
    )
    await group.restart(name(2), WITHIN_MS)
    await ask(portBase + 2, 'PING')
    t.match(await network.probe([data(name(0), name(2))], SILENT_AFTER_MS), [{ outcome: 'silent' }])
    t.pass('a cut outlives a restart')
    await network.set([])
  })

  await t.test('set again, counted, and healed by another program', async (t) => {
    const links = [cut(0, 1), cut(2, 1, { cut: 'reject' }), { ...NO_FAULT, from: name(1), to: name(2), delayMs: 5 }]
    await network.set(links)
    const probes = [data(name(0), name(1)), data(name(2), name(1)), data(name(1), name(0))]
    t.same((await network.probe(probes, SILENT_AFTER_MS)).map(describe), [
      'redis-node0 to redis-node1, data: silent',
      'redis-node2 to redis-node1, data: refused',
      'redis-node1 to redis-node0, data: silent',
    ])
    const other = platformIn(stateFolder)
    t.teardown(() => other.close())
    const found = await other.find(runId)
    if (!found) throw new Error('the group was not found')
    await found.network.set(links)
    const counts = await found.network.counts()
    t.same(
      counts.map(({ link }) => link),
      links,
    )
    t.ok((counts[0]?.packets ?? 0) >= 2)
    t.ok((counts[1]?.packets ?? 0) >= 1)
    await found.network.set([])
    t.same(
      (await found.network.probe(probes, WITHIN_MS)).map(({ outcome }) => outcome),
      ['open', 'open', 'open'],
    )
    t.same(await network.counts(), [])
  })

  await t.test('what cannot be is refused, and changes nothing', async (t) => {
    await network.set([cut(0, 1)])
    const refused = (fault: Partial<LinkFault>, error: { name?: string; message: RegExp }) =>
      t.rejects(network.set([{ ...NO_FAULT, ...fault }]), error)
    for (const name of ['corruptRatio', 'duplicateRatio', 'reorderRatio']) {
      await refused({ [name]: 0.1 }, { name: 'UnsupportedFault', message: /links carry what TCP delivers/ })
    }
    await refused(
      { from: CLIENTS },
      { name: 'UnsupportedFault', message: /made without links between clients and nodes/ },
    )
    await refused(
      { to: 'redis-node9' },
      { name: 'PlatformError', message: /no node redis-node9; there are redis-node0/ },
    )
    await refused({ to: name(0) }, { name: 'PlatformError', message: /no link to itself/ })
    await refused({ delayMs: 60_001 }, { message: /a delay is 0 to 60000 ms, not 60001/ })
    await refused({ delayMs: 5, jitterMs: 6 }, { message: /a jitter is 0 to the delay of 5 ms, not 6/ })
    await refused({ bytesPerSecond: 999 }, { message: /1000 bytes per second or more, not 999/ })
    await refused({ lossRatio: 1.1 }, { message: /a ratio is 0 to 1, not 1.1/ })
    await refused({ lossRatio: Number.NaN }, { message: /not NaN/ })
    await t.rejects(network.probe([data(name(0), name(7))], 100), { message: /no node redis-node7/ })
    await t.rejects(network.probe([{ from: CLIENTS, to: name(0), channel: 'bus' }], 100), { message: /cluster bus/ })
    await t.rejects(network.probe([data(name(0), CLIENTS)], 100), { message: /clients have no port/ })
    await t.rejects(network.probe([data(name(0), name(1), 48_001)], 100), { message: /48000 bytes, not 48001/ })
    t.match(await network.counts(), [{ link: cut(0, 1) }])
  })

  await t.test('another group beside it is not disturbed', async (t) => {
    const beside = await groupSpec({ nodes: 2, needs: { links: true } })
    t.teardown(() => platform.removeRun(beside.runId))
    const other = await platform.create(beside, () => undefined)
    t.match(await other.network.probe([data(name(0), name(1))], WITHIN_MS), [{ outcome: 'open' }])
    t.match(await network.probe([data(name(0), name(1))], SILENT_AFTER_MS), [{ outcome: 'silent' }])
    await other.remove()
    t.match(await network.counts(), [{ link: cut(0, 1) }])
  })
})

t.test('clients come through links too where that is asked for', { skip }, async (t) => {
  const { group, portBase } = await linkedGroup(t, { needs: { links: true, clientLinks: true } })
  const { network } = group
  t.same(await ask(portBase, 'CONFIG', 'GET', 'bind'), ['bind', '127.0.11.10'])
  const probes = [data(CLIENTS, name(0)), data(CLIENTS, name(1)), data(name(0), name(1))]
  const outcomes = async (timeoutMs: number) => (await network.probe(probes, timeoutMs)).map(({ outcome }) => outcome)
  t.same(await outcomes(WITHIN_MS), ['open', 'open', 'open'])
  const fromClients: LinkFault = { from: CLIENTS, to: name(0), channel: 'all', cut: 'drop' }
  await network.set([fromClients])
  t.same(await outcomes(SILENT_AFTER_MS), ['silent', 'open', 'open'])
  t.notOk(await answers(portBase, SILENT_AFTER_MS), 'any client')
  await network.set([{ from: name(0), to: CLIENTS, channel: 'data', cut: 'reject' }])
  t.same(await outcomes(WITHIN_MS), ['refused', 'open', 'open'])
  await network.set([{ ...fromClients, cut: undefined, delayMs: 120 } as unknown as LinkFault])
  const [slow] = await network.probe(probes, WITHIN_MS)
  t.ok((slow?.roundTripMs ?? 0) >= 119)
  await network.set([])
  t.same(await outcomes(WITHIN_MS), ['open', 'open', 'open'])
})

t.test('a group without links pays nothing and can do nothing', async (t) => {
  const { group, stateFolder, runId, portBase } = await linkedGroup(t, { needs: {} })
  t.equal(processesOf(stateFolder, runId).links, undefined, 'nothing carries links')
  t.match(group.nodes[0], { peerHost: '127.0.0.1' })
  t.same(await ask(portBase, 'CONFIG', 'GET', 'bind'), ['bind', '127.0.0.1'])
  await group.network.set([])
  t.same(await group.network.counts(), [])
  t.match(await group.network.probe([data(CLIENTS, name(0))], WITHIN_MS), [{ outcome: 'open' }])
  const unsupported = { name: 'UnsupportedFault', message: /made without links between nodes/ }
  await t.rejects(group.network.set([cut(0, 1)]), unsupported)
  await t.rejects(group.network.probe([data(name(0), name(1))], 100), unsupported)
})

t.test('more nodes than there are addresses are refused before anything is made', { skip }, async (t) => {
  const platform = platformIn(newStateFolder(t))
  await t.rejects(
    platform.create(await groupSpec({ nodes: 246, needs: { links: true } }), () => undefined),
    { name: 'UnsupportedFault', message: /links between 246 nodes is unsupported here: .* there are 245/ },
  )
})

t.test('what is supported, and by which means', async (t) => {
  const support = await new ProcessPlatform({ server: 'redis:7.0', projectRoot }).faultSupport()
  const supported = (capability: string) => support.find((one) => one.capability === capability)?.supported
  for (const one of ['partition', 'client-cut', 'delay', 'client-delay', 'jitter', 'loss', 'bandwidth']) {
    t.equal(supported(one), skip === false, one)
  }
  for (const one of ['corrupt', 'duplicate', 'reorder']) t.equal(supported(one), false, one)
  t.equal(supported('pause'), true)
  t.ok(support.every(({ supported, how, hint }) => how !== '' && (supported || hint !== undefined)))
})
