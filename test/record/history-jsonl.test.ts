import t from 'tap'
import { FLAG } from '../../runner/record/history-codes.ts'
import { jsonLines } from '../../runner/record/history-jsonl.ts'
import { historyOf } from '../support/histories.ts'

const parsed = (history: Parameters<typeof jsonLines>[0]) => [...jsonLines(history)].map((line) => JSON.parse(line))

t.test('each operation is an invocation and its end, in the order of time', async (t) => {
  const lines = parsed(
    historyOf({
      type: 'register',
      ops: [
        { f: 'write', a: 1, at: [0, 5], client: 0, node: 'redis-node0', phase: 'calm' },
        { f: 'read', r: null, at: [1, 2], client: 1 },
        { f: 'write', a: 2, at: [5, 6], client: 1, failed: 'CLUSTERDOWN' },
        { f: 'read', r: 'strange', at: [7.5, 8], client: 0, flags: FLAG.final },
      ],
    }),
  )
  t.strictSame(lines, [
    { index: 0, process: 0, type: 'invoke', f: 'write', value: ['k', 1], time: 0, phase: 'calm' },
    { index: 1, process: 1, type: 'invoke', f: 'read', value: ['k', null], time: 1e6 },
    { index: 2, process: 1, type: 'ok', f: 'read', value: ['k', null], time: 2e6 },
    { index: 3, process: 1, type: 'invoke', f: 'write', value: ['k', 2], time: 5e6 },
    { index: 4, process: 0, type: 'ok', f: 'write', value: ['k', 1], time: 5e6, node: 'redis-node0', phase: 'calm' },
    { index: 5, process: 1, type: 'fail', f: 'write', value: ['k', 2], time: 6e6, error: 'CLUSTERDOWN' },
    { index: 6, process: 0, type: 'invoke', f: 'read', value: ['k', null], time: 7.5e6, final: true },
    { index: 7, process: 0, type: 'ok', f: 'read', value: ['k', 'strange'], time: 8e6, final: true },
  ])
})

t.test('after an operation without an answer its client goes on as another process', async (t) => {
  const lines = parsed(
    historyOf({
      type: 'register',
      clients: 2,
      ops: [
        { f: 'write', a: 1, at: [0, 1], client: 1, lost: 'timeout' },
        { f: 'write', a: 2, at: [2, 3], client: 1 },
        { f: 'write', a: 3, at: [4, 5], client: 1 },
        { f: 'write', a: 4, at: [6, Number.POSITIVE_INFINITY], client: 0, lost: 'unfinished' },
      ],
    }),
  )
  t.strictSame(
    lines.map(({ process, type }) => `${process} ${type}`),
    ['1 invoke', '1 info', '2 invoke', '2 ok', '2 invoke', '2 ok', '0 invoke'],
  )
})

t.test('operations of one client that overlap are different processes', async (t) => {
  const lines = parsed(
    historyOf({
      type: 'register',
      clients: 1,
      ops: [
        { f: 'write', a: 1, at: [0, 4] },
        { f: 'write', a: 2, at: [1, 3] },
        { f: 'write', a: 3, at: [5, 6] },
      ],
    }),
  )
  const open = new Set<number>()
  for (const { process, type } of lines) {
    t.equal(open.has(process), type !== 'invoke', `${process} ${type}`)
    if (type === 'invoke') open.add(process)
    else open.delete(process)
  }
})

t.test('arguments and results of the other workloads', async (t) => {
  const values = (type: Parameters<typeof historyOf>[0]['type'], ops: Parameters<typeof historyOf>[0]['ops']) =>
    parsed(historyOf({ type, ops })).map(({ f, value: [, value] }) => [f, value])
  t.strictSame(values('cas', [{ f: 'cas', a: 2, b: 1, r: 1, at: [0, 1] }]), [
    ['cas', [1, 2]],
    ['cas', [1, 2]],
  ])
  t.strictSame(values('list', [{ f: 'read', r: [3, 1], at: [0, 1] }]), [
    ['read', null],
    ['read', [3, 1]],
  ])
  t.strictSame(values('expiry', [{ f: 'write', a: 7, b: 500, at: [0, 1] }])[1], ['write', [500, 7]])
  t.strictSame(values('counter', [{ f: 'add', a: 5, r: 25, at: [0, 1] }])[1], ['add', 5])
})
