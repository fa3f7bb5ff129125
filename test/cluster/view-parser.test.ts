import t from 'tap'
import { parseClusterNodes, ViewReader } from '../../runner/cluster/view-parser.ts'

const ME = 'a'.repeat(40)
const OTHER = 'b'.repeat(40)

function parseOther(line: string) {
  const me = `${ME} 127.0.0.1:7010@17010 myself,master - 0 0 1 connected 0-5`
  const other = parseClusterNodes(`${me}\n${line}\n`, 'redis-node0').nodes[1]
  if (!other) throw new Error('no second node')
  return other
}

t.test('Redis 6: no hostname', async (t) => {
  const node = parseOther(`${OTHER} 10.0.0.2:7011@17011 slave ${ME} 0 1426238317239 4 connected`)
  t.match(node, {
    id: OTHER,
    host: '10.0.0.2',
    port: 7011,
    busPort: 17011,
    role: 'replica',
    masterId: ME,
    configEpoch: 4,
  })
  t.notOk('hostname' in node)
})

t.test('Redis 7.0: hostname after a comma', async (t) => {
  t.equal(parseOther(`${OTHER} 10.0.0.2:7011@17011,localhost master - 0 1 4 connected`).hostname, 'localhost')
  t.notOk('hostname' in parseOther(`${OTHER} 10.0.0.2:7011@17011, master - 0 1 4 connected`))
})

t.test('Redis 7.2: shard id and node name beside the hostname', async (t) => {
  const line = `${OTHER} 10.0.0.2:7011@17011,host-1,nodename=one,shard-id=${'c'.repeat(40)} master - 0 1 4 connected 6`
  t.match(parseOther(line), { host: '10.0.0.2', port: 7011, hostname: 'host-1', slots: [[6, 6]] })
  t.notOk('hostname' in parseOther(`${OTHER} 10.0.0.2:7011@17011,,shard-id=${'c'.repeat(40)} master - 0 1 4 connected`))
})

t.test('IPv6, an unknown address, no bus port', async (t) => {
  t.match(parseOther(`${OTHER} ::1:7011@17011 master - 0 1 4 connected`), { host: '::1', port: 7011 })
  t.match(parseOther(`${OTHER} :0@0 master,noaddr - 0 1 4 disconnected`), { host: '', port: 0, link: 'disconnected' })
  t.match(parseOther(`${OTHER} 10.0.0.2:7011 master - 0 1 4 connected`), { port: 7011, busPort: 17011 })
})

t.test('flags are exact', async (t) => {
  const suspected = parseOther(`${OTHER} 10.0.0.2:7011@17011 slave,fail?,nofailover ${ME} 0 1 4 connected`)
  t.notOk(suspected.flags.has('fail'))
  t.ok(suspected.flags.has('fail?'))
  t.ok(suspected.flags.has('nofailover'))
})

t.test('slots, and open slots apart', async (t) => {
  const node = parseOther(`${OTHER} 10.0.0.2:7011@17011 master - 0 1 4 connected 6-9 11 [77->-${ME}] [93-<-${ME}]`)
  t.same(node.slots, [
    [6, 9],
    [11, 11],
  ])
  t.same(node.openSlots, [`[77->-${ME}]`, `[93-<-${ME}]`])
})

t.test('what cannot be understood is named', async (t) => {
  t.throws(() => parseClusterNodes('nonsense', 'redis-node0'), {
    message: 'CLUSTER NODES of redis-node0 has a line with too few fields: "nonsense"',
  })
  t.throws(() => parseOther(`${OTHER} 10.0.0.2:7011@17011 master - 0 1 4 connected six`), {
    message: /has slots "six"/,
  })
  t.throws(() => parseOther(`${OTHER} nowhere master - 0 1 4 connected`), { message: /has the address "nowhere"/ })
  t.throws(() => parseClusterNodes('', 'redis-node0'), { message: /no line flagged "myself"/ })
})

t.test('a reply that differs from the one before in ping times alone is the same view', async (t) => {
  const reader = new ViewReader()
  const textOf = (times: string, epoch: number) =>
    [
      `${ME} 10.0.0.1:7010@17010 myself,master - ${times} ${epoch} connected 0-99`,
      `${OTHER} 10.0.0.2:7011@17011 slave ${ME} ${times} ${epoch} connected`,
    ].join('\n')
  const first = reader.read(textOf('0 1700000000000', 1), 'redis-node0')
  t.same(first, parseClusterNodes(textOf('0 1700000000000', 1), 'redis-node0'))
  t.equal(reader.read(textOf('1700000000100 1700000000200', 1), 'redis-node0'), first)
  t.not(reader.read(textOf('0 1700000000000', 1), 'redis-node1'), first, 'each node has views of its own')
  const second = reader.read(textOf('0 1700000000000', 2), 'redis-node0')
  t.equal(second.nodes[1]?.configEpoch, 2)
  t.equal(reader.read(textOf('0 1700000000300', 2), 'redis-node0'), second)
})
