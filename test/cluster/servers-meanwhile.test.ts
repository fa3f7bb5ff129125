import t from 'tap'
import type { NodeClient } from '../../runner/cluster/node-client.ts'
import { serversMeanwhile } from '../../runner/cluster/servers-meanwhile.ts'
import { FakeClock } from '../support/fake-clock.ts'

const STALL = { fromMs: 10_000, toMs: 18_000 }

/** Nodes that last heard a pong at these moments of the clock; undefined: the node does not answer. */
async function asked(
  pongsMs: readonly (number | undefined)[],
  { atMs = 18_010, nodeTimeoutMs = 5000 } = {},
): Promise<string | undefined> {
  const clock = new FakeClock(atMs)
  const aheadMs = clock.wallMs() - clock.nowMs()
  const id = (digit: string) => digit.repeat(40)
  const clients = pongsMs.map((pongMs) => ({
    callWithin: async (_withinMs: number, command: string) => {
      if (pongMs === undefined) throw new Error('silent')
      if (command === 'CONFIG') return ['cluster-node-timeout', String(nodeTimeoutMs)]
      return [
        `${id('a')} 127.0.0.1:7010@17010,localhost myself,master - 0 ${aheadMs + 14_000} 1 connected 0-5460`,
        `${id('b')} 127.0.0.1:7011@17011,localhost slave ${id('a')} 0 ${aheadMs + pongMs} 1 connected`,
        '',
      ].join('\n')
    },
  })) as unknown as NodeClient[]
  return serversMeanwhile(clients, STALL, clock)
}

t.test('servers that heard of each other meanwhile went on', async (t) => {
  t.equal(await asked([9_500, 14_200, 18_005]), 'ran')
  t.equal(await asked([undefined, undefined, 12_000]), 'ran', 'one that tells is enough')
})

t.test('servers that heard nothing of each other for seconds stood still too', async (t) => {
  t.equal(await asked([9_900, 9_800, 18_004]), 'stood-still')
})

t.test('whoever asks late may see no pong from the stall of servers that went on', async (t) => {
  t.equal(await asked([18_100, 19_000, 19_600, 20_200], { atMs: 20_300 }), undefined)
  t.equal(await asked([18_100, 18_150, 18_200, 19_500], { atMs: 20_300 }), 'stood-still', 'all woke at once')
  t.equal(await asked([17_900, 18_005, 18_000], { nodeTimeoutMs: 500 }), undefined, 'all pongs are young')
})

t.test('what too few tell, or nobody, is not known', async (t) => {
  t.equal(await asked([9_900, undefined, 9_800]), undefined)
  t.equal(await asked([undefined, undefined, undefined]), undefined)
  t.equal(await asked([]), undefined)
})
