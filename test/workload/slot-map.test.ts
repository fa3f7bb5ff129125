import t from 'tap'
import { parseClusterNodes } from '../../runner/cluster/view-parser.ts'
import { type NodeAddress, SlotMap } from '../../runner/workload/client/slot-map.ts'

const [A, B] = ['a'.repeat(40), 'b'.repeat(40)]
const nodes: NodeAddress[] = [0, 1].map((index) => ({
  name: `redis-node${index}`,
  host: '127.0.0.1',
  port: 7010 + index,
  peerHost: `172.18.0.${2 + index}`,
  peerPort: 7010 + index,
}))

function viewOf(hostOfB: string) {
  const line = (id: string, at: string, flags: string, slots: string) =>
    `${id} ${at} ${flags} - 0 0 1 connected ${slots}`
  const lines = [
    line(A, '172.18.0.2:7010@17010', 'myself,master', '0-8191'),
    line(B, `${hostOfB}:7011@17011`, 'master', '8192-16383'),
  ]
  return parseClusterNodes(lines.join('\n'), 'redis-node0')
}

t.test('a node that moves is known by its id, and from then on by its new address', async (t) => {
  const map = new SlotMap(nodes)
  t.ok(map.learn(viewOf('172.18.0.3'), 0))
  t.equal(map.nodeAt('172.18.127.255', 7011), undefined)
  t.ok(map.learn(viewOf('172.18.127.255'), 0))
  t.equal(map.ownerOf(16_000), 1)
  t.equal(map.nodeAt('172.18.127.255', 7011), 1, 'also where a redirection names it')
})

t.test('a stranger at an address that is no node of the run is none', async (t) => {
  const map = new SlotMap(nodes)
  t.ok(map.learn(viewOf('10.0.0.1'), 0))
  t.equal(map.ownerOf(16_000), undefined)
  t.equal(map.nodeAt('10.0.0.1', 7011), undefined)
})
