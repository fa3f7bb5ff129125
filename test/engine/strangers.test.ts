import t from 'tap'
import { parseClusterNodes } from '../../runner/cluster/view-parser.ts'
import { Strangers } from '../../runner/engine/strangers.ts'
import type { Recorder } from '../../runner/record/event-log.ts'
import type { EventBody } from '../../runner/record/events.ts'
import { FakeClock } from '../support/fake-clock.ts'

function watch() {
  const events: EventBody[] = []
  const recorder = {
    record: (event: EventBody) => events.push(event),
    timeOf: (nowMs: number) => nowMs,
  } as unknown as Recorder
  return { strangers: new Strangers({ recorder, clock: new FakeClock(), scenario: 0 }), events }
}

const OLD = 'a'.repeat(40)
const NEW = 'b'.repeat(40)
const OTHER = 'c'.repeat(40)

/** What a node says that knows itself, by the first of these, and the others. */
function view(
  seenBy: string,
  own: [id: string, port: number],
  ...others: [id: string, port: number, flags?: string][]
) {
  const line = ([id, port, flags = 'master']: [string, number, string?]) =>
    `${id} 127.0.0.1:${port}@${port + 10_000} ${flags} - 0 0 1 connected`
  return parseClusterNodes([line([own[0], own[1], 'myself,master']), ...others.map(line)].join('\n'), seenBy)
}

t.test('a node that no server turns out to be is a stranger, told once with its first sight', async (t) => {
  const { strangers, events } = watch()
  strangers.readView(view('redis-node1', [OLD, 7011], [OTHER, 7901]), 3200)
  strangers.readView(view('redis-node0', [NEW, 7010], [OTHER, 7901]), 3300)
  strangers.end()
  strangers.end()
  t.match(events, [
    { type: 'stranger-seen', did: 'joined', node: 'redis-node1', seenMs: 3200, text: /^127\.0\.0\.1:7901 / },
  ])
  t.equal(events.length, 1)
})

t.test('a server that lost its data and came back with another id is none', async (t) => {
  const { strangers, events } = watch()
  strangers.readView(view('redis-node0', [OLD, 7010]), 1000)
  strangers.readView(view('redis-node1', [OTHER, 7011], [OLD, 7010], [NEW, 7010]), 3000)
  strangers.readView(view('redis-node0', [NEW, 7010], [OTHER, 7011]), 3100)
  strangers.end()
  t.strictSame(events, [])
})

t.test('one that calls itself by the address of a server is', async (t) => {
  const { strangers, events } = watch()
  strangers.readView(view('redis-node0', [OLD, 7010]), 1000)
  strangers.readView(view('redis-node1', [OTHER, 7011], [NEW, 7010]), 3000)
  strangers.end()
  t.match(events, [{ did: 'joined', text: /^127\.0\.0\.1:7010 \(id bbbbbbbb…\)$/ }])
})

t.test('a handshake has an id that means nothing', async (t) => {
  const { strangers, events } = watch()
  strangers.readView(view('redis-node0', [OLD, 7010], [NEW, 7011, 'handshake']), 1000)
  strangers.end()
  t.strictSame(events, [])
})

t.test('each program on a port is told once', async (t) => {
  const { strangers, events } = watch()
  for (const pid of [1, 1, 2]) strangers.heldPort('redis-node0', `port 7010 is held by process ${pid}`)
  t.match(events, [
    { did: 'held-port', text: /process 1/ },
    { did: 'held-port', text: /process 2/ },
  ])
  t.equal(events.length, 2)
})
