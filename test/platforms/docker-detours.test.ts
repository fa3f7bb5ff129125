import t from 'tap'
import { assertSupported } from '../../runner/platforms/docker/fault-support.ts'
import { type MissingFeatures, splitFaults } from '../../runner/platforms/docker/network-faults/fault-split.ts'
import { detourChains, directConnections } from '../../runner/platforms/docker/network-faults/rules.ts'
import { CLIENTS, type LinkFault } from '../../runner/platforms/faults.ts'
import type { ServerNode } from '../../runner/platforms/platform.ts'

const NOTHING_MISSING: MissingFeatures = {
  filter: undefined,
  loss: undefined,
  duplicate: undefined,
  shape: undefined,
  intake: undefined,
  netem: undefined,
  pause: undefined,
  detour: undefined,
}
const WITHOUT_NETEM: MissingFeatures = { ...NOTHING_MISSING, netem: 'no such queue' }

const [a, b, c] = ['redis-node0', 'redis-node1', 'redis-node2']

function fault(from: string, to: string, what: Partial<LinkFault>): LinkFault {
  return { from, to, channel: 'all', ...what }
}

t.test('a kernel that can do it is left to do it', async (t) => {
  const links = [fault(a, b, { delayMs: 5, bytesPerSecond: 1_000, lossRatio: 0.1 })]
  t.same(splitFaults(links, NOTHING_MISSING), { detours: [], kernel: links, carried: [] })
})

t.test('single packets of the bus go by a link whatever the kernel can do', async (t) => {
  const packet = fault(a, b, { channel: 'bus', packet: { type: 'ping', fate: 'drop' } })
  const lossy = fault(b, a, { lossRatio: 0.1 })
  t.same(splitFaults([packet], NOTHING_MISSING), {
    detours: [{ ends: [a, b], channels: ['bus'] }],
    kernel: [fault(a, b, { channel: 'bus' })],
    carried: [{ index: 0, link: packet }],
  })
  t.same(splitFaults([packet, lossy], NOTHING_MISSING).carried, [
    { index: 0, link: packet },
    { index: 1, link: lossy },
  ])
  const missing = { ...NOTHING_MISSING, detour: 'it is elsewhere' }
  const { kernel } = splitFaults([packet], missing)
  t.throws(() => assertSupported(kernel, missing), { name: 'UnsupportedFault', message: /bus-packets.*elsewhere/ })
})

t.test('what the kernel lacks goes by a link, with all that slows the two nodes; both cut', async (t) => {
  const links = [
    fault(a, b, { channel: 'data', delayMs: 5, jitterMs: 1 }),
    fault(b, a, { channel: 'data', bytesPerSecond: 2_000, duplicateRatio: 0.1 }),
    fault(b, a, { cut: 'drop' }),
    fault(b, c, { bytesPerSecond: 3_000, lossRatio: 0.2 }),
  ]
  const { detours, kernel, carried } = splitFaults(links, WITHOUT_NETEM)
  t.same(detours, [{ ends: [a, b], channels: ['data'] }])
  t.same(kernel, [
    { from: a, to: b, channel: 'data' },
    { from: b, to: a, channel: 'data', duplicateRatio: 0.1 },
    links[2],
    links[3],
  ])
  t.same(carried, [
    { index: 0, link: links[0] },
    { index: 1, link: fault(b, a, { channel: 'data', bytesPerSecond: 2_000 }) },
    { index: 2, link: links[2] },
  ])
  t.same(splitFaults([...links, fault(b, a, { lossRatio: 0.1 })], WITHOUT_NETEM).detours, [
    { ends: [a, b], channels: ['bus', 'data'] },
  ])
  const withoutTbf = splitFaults(links, { ...NOTHING_MISSING, shape: 'no htb' })
  t.equal(withoutTbf.detours.length, 2)
})

t.test('what links cannot stand in for is refused with both reasons', async (t) => {
  const refused = (link: LinkFault, missing: MissingFeatures, message: RegExp) => {
    t.throws(() => assertSupported(splitFaults([link], missing).kernel, missing), { name: 'UnsupportedFault', message })
  }
  refused(
    fault(a, b, { delayMs: 5 }),
    { ...WITHOUT_NETEM, detour: 'no nat' },
    /netem .*, and the runner's own links .* \(no nat\)/,
  )
  refused(
    fault(CLIENTS, b, { delayMs: 5 }),
    WITHOUT_NETEM,
    /netem .*, and the runner's own links stand only between nodes/,
  )
  refused(fault(a, b, { delayMs: 5, corruptRatio: 0.1 }), WITHOUT_NETEM, /corrupt is unsupported here: .*netem/)
  const mixed = [fault(a, b, { delayMs: 5 }), fault(CLIENTS, b, { cut: 'drop' })]
  t.throws(() => splitFaults(mixed, WITHOUT_NETEM), {
    name: 'UnsupportedFault',
    message: /the address that clients have too/,
  })
  t.doesNotThrow(() => splitFaults([...mixed.slice(0, 1), fault(CLIENTS, c, { cut: 'drop' })], WITHOUT_NETEM))
})

t.test('the rules of both ends', async (t) => {
  const nodes = [a, b, c].map(
    (name, index): ServerNode => ({
      name,
      serverName: name,
      index,
      host: 'localhost',
      port: 7010 + index,
      machine: 'here',
      ...{ peerHost: `172.18.0.${index + 2}`, peerPort: 7010 + index },
    }),
  )
  const [first, second, third] = nodes as [ServerNode, ServerNode, ServerNode]
  const detours = [{ ends: [a, b] as const, channels: ['bus' as const] }]
  const doors = nodes.map(({ name }, index) => ({
    to: name,
    channel: 'bus' as const,
    host: '172.18.0.1',
    port: 40_000 + index,
  }))
  t.match(detourChains(first, nodes, detours, doors), [
    '  chain detour {',
    '    type nat hook output priority -100; policy accept;',
    '    ip daddr 172.18.0.3 tcp dport 17011 dnat to 172.18.0.1:40001',
    '  }',
    '  chain direct {',
    '    type filter hook output priority -50; policy accept;',
    '    ip daddr 172.18.0.3 tcp dport 17011 tcp flags & rst == 0 reject with tcp reset',
    '    ip daddr 172.18.0.3 tcp sport 17010 tcp flags & rst == 0 reject with tcp reset',
    '  }',
  ])
  t.match(detourChains(second, nodes, detours, doors)[2], /daddr 172.18.0.2 tcp dport 17010 dnat to 172.18.0.1:40000/)
  t.same(detourChains(third, nodes, detours, doors), [])
  t.equal(directConnections(second, nodes, detours), '172.18.0.2 17010 17011\n')
})
