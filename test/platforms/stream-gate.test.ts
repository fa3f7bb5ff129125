import t from 'tap'
import type { StreamLie } from '../../runner/platforms/faults.ts'
import { Effect, FaultInForce } from '../../runner/platforms/links/effect.ts'
import { StreamGate } from '../../runner/platforms/links/stream-gate.ts'

const command = (...words: string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`

function gateOf(lie: StreamLie) {
  const fault = new FaultInForce({ from: 'a', to: 'b', channel: 'data', lie })
  const told: string[] = []
  const answered: string[] = []
  const ways = {
    onward: (data: Buffer) => void told.push(data.toString('latin1')),
    answer: (data: Buffer) => void answered.push(data.toString('latin1')),
  }
  return { fault, told, answered, ways, effect: new Effect([fault]) }
}

/** In the middle of a connection. */
function throughLie(lie: StreamLie, text: string, pieceBytes = text.length) {
  const { fault, told, answered, ways, effect } = gateOf(lie)
  const gate = new StreamGate(new Effect([]), ways)
  gate.change(effect)
  for (let at = 0; at < text.length; at += pieceBytes) gate.take(Buffer.from(text.slice(at, at + pieceBytes), 'latin1'))
  gate.end()
  return { text: told.join(''), lies: fault.packets, answered: answered.join('') }
}

const [a1, a2, a3] = [command('SET', 'a', '1'), command('SET', 'a', '2'), command('SET', 'a', '3')]
const ping = command('PING')

t.test('each lie about commands, however the stream is split', async (t) => {
  const multi = command('MULTI')
  const exec = command('EXEC')
  const blank = (text: string) => '\n'.repeat(text.length - ping.length) + ping
  const withExpiry = command('SET', 'a', '1', 'PXAT', '1700000000000')
  const cases: [StreamLie, string, string][] = [
    [{ how: 'skip', every: 2 }, a1 + ping + a2 + a3, a1 + ping + blank(a2) + a3],
    [{ how: 'double', every: 2 }, a1 + a2 + a3, a1 + a2 + a2 + a3],
    [{ how: 'reorder', every: 2 }, a1 + a2 + command('SET', 'b', '1') + a3, a1 + command('SET', 'b', '1') + a3 + a2],
    [{ how: 'stale', every: 1 }, a1 + a2, a1 + a1],
    [{ how: 'no-expiry', every: 1 }, withExpiry, '\n'.repeat(withExpiry.length - a1.length) + a1],
    [{ how: 'no-expiry', every: 1 }, command('PEXPIREAT', 'a', '17'), blank(command('PEXPIREAT', 'a', '17'))],
    [{ how: 'no-tail', every: 1 }, multi + a1 + a2 + exec + a3, multi + a1 + blank(a2) + exec + a3],
  ]
  for (const [lie, sent, told] of cases) {
    for (const pieceBytes of [1, 7, sent.length]) {
      const { text, lies } = throughLie(lie, sent, pieceBytes)
      t.equal(text, told, `${lie.how}, in pieces of ${pieceBytes}`)
      t.equal(lies, 1)
    }
  }
})

t.test('as many writes as asked for come in another order, one of each key at a time', async (t) => {
  const [b1, b2] = [command('SET', 'b', '1'), command('SET', 'b', '2')]
  t.match(throughLie({ how: 'reorder', every: 1 }, a1 + b1 + a2 + b2), { text: a2 + a1 + b2 + b1, lies: 2 })
})

t.test('the master is told once that the replica has everything', async (t) => {
  const { text, answered } = throughLie({ how: 'early-ack', every: 1 }, a1 + a2, 10)
  t.equal(text, a1 + a2)
  t.match(answered, /^\*5\r\n\$8\r\nREPLCONF\r\n\$3\r\nACK\r\n\$16\r\n\d{16}\r\n\$4\r\nFACK\r\n\$16\r\n\d{16}\r\n$/)
})

for (const [what, head, tail] of [
  ['of a length that is known', '$6\r\n', ''],
  ['that ends with a mark', `$EOF:${'m'.repeat(40)}\r\n`, 'm'.repeat(40)],
] as const) {
  t.test(`a copy ${what} is replaced by an empty one, and the stream goes on after it`, async (t) => {
    const answers = `+PONG\r\n+OK\r\n+FULLRESYNC ${'i'.repeat(40)} 17\r\n\n\n`
    const sent = `${answers}${head}*1$KEY${tail}${a1}${a2}`
    for (const pieceBytes of [1, 5, sent.length]) {
      const { fault, told, ways, effect } = gateOf({ how: 'empty-sync', every: 1 })
      const gate = new StreamGate(effect, ways)
      for (let at = 0; at < sent.length; at += pieceBytes)
        gate.take(Buffer.from(sent.slice(at, at + pieceBytes), 'latin1'))
      t.equal(told.join(''), `${answers}$18\r\nREDIS0009\xff${'\0'.repeat(8)}${a1}${a2}`)
      t.equal(fault.packets, 1)
    }
  })
}

t.test('without a lie, and after it, all goes on as it comes', async (t) => {
  const { told, ways, effect } = gateOf({ how: 'reorder', every: 1 })
  const gate = new StreamGate(new Effect([]), ways)
  gate.take(Buffer.from('+OK'))
  gate.change(effect)
  gate.take(Buffer.from('middle of a value'))
  gate.take(Buffer.from(a1))
  gate.change(new Effect([]))
  gate.take(Buffer.from('*1'))
  t.strictSame(told, ['+OK', 'middle of a value', a1, '*1'])
})
