import t from 'tap'
import { FailoverLog } from '../../runner/cluster/failover-log.ts'
import { dialectOf } from '../../runner/platforms/dialects.ts'
import { WallClock } from '../../runner/record/wall-clock.ts'
import { FakeClock } from '../support/fake-clock.ts'

const ID = 'a'.repeat(40)
const OTHER = 'b'.repeat(40)

function logAt(stampMs: number) {
  const clock = new FakeClock(1000)
  clock.wallMs = () => stampMs
  return new FailoverLog(() => dialectOf('redis 7.0.15'), new WallClock(clock))
}

const STAMP_MS = Date.UTC(2026, 10, 22, 14, 0, 0, 123)
const line = (message: string, head = '42:M 22 Nov 2026 14:00:00.123 * ') => head + message

t.test('nodes are named by the ids that they say they have, also after a reset', async (t) => {
  const log = logAt(STAMP_MS)
  const read = (node: string, text: string) => log.read(node, { wallMs: STAMP_MS, text: line(text) })
  t.equal(read('redis-node0', `No cluster configuration found, I'm ${ID}`), undefined)
  t.match(read('redis-node1', `FAIL message received from ${OTHER} about ${ID}`), {
    node: 'redis-node1',
    moment: 'told of failing',
    about: 'redis-node0',
    by: 'unknown node bbbbbbbb',
    text: `FAIL message received from ${OTHER} about ${ID}`,
  })
  read('redis-node2', `Node hard reset, now I'm ${OTHER}`)
  t.match(read('redis-node1', `FAIL message received from ${OTHER} about ${ID}`), { by: 'redis-node2' })
})

t.test('an id stays with the node that said it first', async (t) => {
  const log = logAt(STAMP_MS)
  const read = (node: string, text: string) => log.read(node, { wallMs: STAMP_MS, text: line(text) })
  read('redis-node0', `No cluster configuration found, I'm ${ID}`)
  read('redis-node1', `Node configuration loaded, I'm ${ID}`)
  t.match(read('redis-node2', `FAIL message received from ${OTHER} about ${ID}`), { about: 'redis-node0' })
})

t.test('what DEBUG LOG was given is no line of the server', async (t) => {
  const text = line("DEBUG LOG: Failover election won: I'm the new master.")
  t.equal(logAt(STAMP_MS).read('n', { wallMs: STAMP_MS, text }), undefined)
})

t.test('numbers of a line are numbers', async (t) => {
  const log = logAt(STAMP_MS)
  const text = line('Start of election delayed for 612 milliseconds (rank #1, offset 1200).')
  t.match(log.read('n', { wallMs: STAMP_MS, text }), {
    moment: 'election delayed',
    delayMs: 612,
    rank: 1,
    offset: 1200,
  })
})

t.test('a line that tells of nothing', async (t) => {
  t.equal(logAt(STAMP_MS).read('n', { wallMs: STAMP_MS, text: line('DB saved on disk') }), undefined)
})

t.test('the server’s own stamp counts, unless it is of another time zone than the platform’s', async (t) => {
  const won = line("Failover election won: I'm the new master.")
  const early = logAt(STAMP_MS + 40).read('n', { wallMs: STAMP_MS + 40, text: won })
  t.ok(Math.abs((early?.nowMs ?? 0) - 960) <= 1, 'the platform read it 40 ms later')
  const elsewhere = logAt(STAMP_MS).read('n', { wallMs: STAMP_MS, text: won.replace('14:00', '16:00') })
  t.ok(Math.abs((elsewhere?.nowMs ?? 0) - 1000) <= 1)
  const bare = logAt(STAMP_MS).read('n', { wallMs: STAMP_MS, text: 'Manual failover timed out.' })
  t.match(bare, { moment: 'manual given up', text: 'Manual failover timed out.' })
})

t.test('lines of one log keep their order within a millisecond', async (t) => {
  const clock = new FakeClock(1000)
  let wallMs = STAMP_MS
  clock.wallMs = () => wallMs
  const log = new FailoverLog(() => dialectOf('redis 7.0.15'), new WallClock(clock))
  const times = ['Manual failover user request accepted.', 'Starting a failover election for epoch 7.'].map((text) => {
    // The second reading was cut off less, which moves all that is mapped after it.
    const fact = log.read('n', { wallMs: STAMP_MS, text: line(text) })
    wallMs += 1
    clock.ms += 0.2
    return fact?.nowMs ?? 0
  })
  t.ok((times[1] ?? 0) >= (times[0] ?? 0), times.join(', '))
})
