import t from 'tap'
import { type FakeStage, fakeStage, step } from '../support/fake-stage.ts'

const [A, B] = ['redis-node0', 'redis-node1'] as const
const TEXT = '*3\r\n$3\r\nSET\r\n$5\r\nfirst\r\n$5\r\nvalue\r\n'
const FILES = { 'appendonlydir/appendonly.aof.1.incr.aof': TEXT, 'appendonlydir/appendonly.aof.1.base.rdb': 'REDIS' }

/** Both nodes are down, with these files. */
function downStage(files: Record<string, string> = FILES): FakeStage {
  const stage = fakeStage()
  for (const node of [A, B]) {
    stage.group.calls.push(`stop ${node}`)
    stage.group.set(node, { status: 'stopped', text: 'process exited with code 0' })
    stage.group.control.data.set(node, new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)])))
  }
  return stage
}

function textOf({ group }: FakeStage, node: string, path = Object.keys(FILES)[0] ?? ''): string {
  return group.control.data.get(node)?.get(path)?.toString('latin1') ?? ''
}

t.test('damage', async (t) => {
  t.test('cuts a few bytes off the end, shows it by the checksum, and heal puts them back', async (t) => {
    const stage = downStage()
    t.match(await stage.playOne(step('damage', { node: A, file: 'aof', how: 'truncated' })), {
      verdict: 'passed',
      proof:
        /^redis-node0: the last \d+ of the 35 bytes of appendonlydir\/appendonly\.aof\.1\.incr\.aof are gone \(sha256 \w{12}, now \w{12}\)$/,
    })
    const left = textOf(stage, A)
    t.ok(TEXT.startsWith(left) && left.length < TEXT.length && left.length >= TEXT.length - 16)
    t.equal(textOf(stage, B), TEXT, 'and no file of others')
    t.match(await stage.playOne(step('heal', 'damage')), { verdict: 'passed', proof: /is again what it was \(sha256 / })
    t.equal(textOf(stage, A), TEXT)
    t.same(stage.stage.faults.active, [])
  })

  t.test('flips one bit of each byte, from where it is told', async (t) => {
    const stage = downStage()
    const arg = { node: [A, B], file: 'aof', how: 'flipped', at: 4, bytes: 3 }
    t.match(await stage.playOne(step('damage', arg)), {
      verdict: 'passed',
      proof: /redis-node1: 3 bits are wrong in .*, from byte 4 of 35 on/,
    })
    const bits = [...Buffer.from(textOf(stage, A), 'latin1')].map((byte, i) =>
      (byte ^ TEXT.charCodeAt(i)).toString(2).replaceAll('0', ''),
    )
    t.same(
      bits.flatMap((ones, i) => (ones === '' ? [] : [[i, ones]])),
      [
        [4, '1'],
        [5, '1'],
        [6, '1'],
      ],
    )
    await stage.playOne(step('heal', 'damage'))
    t.equal(textOf(stage, B), TEXT)
  })

  t.test('two faults of one file are healed in turn', async (t) => {
    const stage = downStage()
    await stage.playOne(step('damage', { node: A, file: 'aof', how: 'truncated', bytes: 2 }))
    await stage.playOne(step('damage', { node: A, file: 'aof', how: 'flipped', at: 0 }))
    t.match(await stage.playOne(step('heal', 'all')), { verdict: 'passed' })
    t.equal(textOf(stage, A), TEXT)
  })

  t.test('is refused while the node runs', async (t) => {
    const stage = downStage()
    stage.group.set(A, { status: 'running', text: 'process is running' })
    t.match(await stage.playOne(step('damage', { node: A, file: 'aof', how: 'truncated' })), {
      verdict: 'failed',
      error: { message: /^damage needs nodes that are down: redis-node0 is running/ },
    })
    t.equal(textOf(stage, A), TEXT)
  })

  t.test('does not bite where the file is not there, or too short', async (t) => {
    t.match(await downStage().playOne(step('damage', { node: A, file: 'rdb', how: 'truncated' })), {
      verdict: 'inconclusive',
      error: {
        message: /^redis-node0 has no rdb that could be damaged; it has appendonlydir\/appendonly\.aof\.1\.base\.rdb, /,
      },
    })
    t.match(await downStage().playOne(step('damage', { node: A, file: 'aof', how: 'flipped', at: 99 })), {
      verdict: 'inconclusive',
      error: { message: /has 35 bytes, too few/ },
    })
  })

  t.test('is left to a server that has started with it', async (t) => {
    const stage = downStage()
    await stage.playOne(step('damage', { node: A, file: 'aof', how: 'truncated', bytes: 2 }))
    stage.group.set(A, { status: 'running', text: 'process is running' })
    t.match(await stage.playOne(step('heal', 'damage')), { verdict: 'passed', proof: /it has started since/ })
  })
})
