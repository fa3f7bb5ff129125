import { appendFileSync, mkdtempSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { listOf, textOf } from '../../runner/record/history.ts'
import {
  FLAG,
  FN,
  isIndeterminateCode,
  MAX_INTEGER,
  NIL,
  NO_NODE,
  NO_PHASE,
  outcomeClass,
  UNKNOWN,
} from '../../runner/record/history-codes.ts'
import { OPERATION_BYTES } from '../../runner/record/history-columns.ts'
import { HistoryError } from '../../runner/record/history-format.ts'
import { readHistory } from '../../runner/record/history-reader.ts'
import { HistoryWriter } from '../../runner/record/history-writer.ts'

function writer(t: Test, type: 'register' | 'list' | 'pubsub' = 'register') {
  const file = path.join(t.testdir({}), 'w.history')
  const history = new HistoryWriter({ file, workload: 'w', type, clients: 2, startWallMs: 1000, options: { keys: 3 } })
  return { file, history }
}

t.test('what was recorded is read back', async (t) => {
  const { file, history } = writer(t)
  const key = history.key('w:1', 4711)
  const node = history.node('redis-node0')
  const before = history.begin(FN.write, 0, key, 7, UNKNOWN, 1.25, 1)
  history.phase('outage')
  const during = history.begin(FN.read, 1, key, UNKNOWN, UNKNOWN, 2, 2)
  history.ok(before, UNKNOWN, node, 2.5)
  history.ok(during, 7, node, 3.75, FLAG.replica)
  const refused = history.begin(FN.write, 0, key, 8, UNKNOWN, 4, 4)
  history.failed(refused, 'CLUSTERDOWN', node, 5)
  const lost = history.begin(FN.write, 0, key, 9, UNKNOWN, 6, 6)
  history.indeterminate(lost, 'timeout', node, 7)
  history.final(FN.read, 3, key, NIL, node, 8, 9)
  await history.close()
  const read = readHistory(file)
  const { ops } = read
  t.match(read, {
    workload: 'w',
    type: 'register',
    clients: 2,
    startWallMs: 1000,
    options: { keys: 3 },
    complete: true,
    rows: 5,
  })
  t.strictSame([read.keys, [...read.slots], read.nodes, read.phases], [['w:1'], [4711], ['redis-node0'], ['outage']])
  t.strictSame([...ops.invokeMs.subarray(0, 5)], [1.25, 2, 4, 6, 8])
  t.strictSame([...ops.completeMs.subarray(0, 5)], [2.5, 3.75, 5, 7, 9])
  t.equal(ops.lateMs[0], 0.25, 'how late it was sent')
  t.strictSame([...ops.phase.subarray(0, 3)], [NO_PHASE, 0, 0], 'the phase at its beginning')
  t.strictSame([...ops.a.subarray(0, 4)], [7, UNKNOWN, 8, 9])
  t.strictSame([ops.r[1], ops.r[4]], [7, NIL])
  t.strictSame([...ops.outcome.subarray(0, 4)].map(outcomeClass), ['ok', 'ok', 'CLUSTERDOWN', 'timeout'])
  t.strictSame([...ops.outcome.subarray(0, 4)].map(isIndeterminateCode), [false, false, false, true])
  t.strictSame([ops.flags[1], ops.flags[4]], [FLAG.replica, FLAG.final])
})

t.test('each attempt is kept: what it came back with, and from which node', async (t) => {
  const { file, history } = writer(t)
  const key = history.key('k', 1)
  const [a, b] = [history.node('redis-node0'), history.node('redis-node1')]
  const plain = history.begin(FN.write, 0, key, 1, UNKNOWN, 0, 0)
  const moved = history.begin(FN.write, 1, key, 2, UNKNOWN, 1, 1)
  history.attempt(moved, a, 'MOVED', false, 1, 2)
  history.attempt(moved, b, 'TRYAGAIN', false, 2, 3)
  history.ok(plain, UNKNOWN, a, 3)
  history.ok(moved, UNKNOWN, b, 4)
  await history.close()
  const { ops, attempts, attemptRows } = readHistory(file)
  t.strictSame([ops.attempts[0], ops.attempts[1], attemptRows], [1, 3, 2])
  t.strictSame([...attempts.row], [1, 1], 'of the second operation')
  t.strictSame([...attempts.node], [a, b])
  t.strictSame([...attempts.outcome].map(outcomeClass), ['MOVED', 'TRYAGAIN'])
  t.strictSame([...attempts.startMs, ...attempts.endMs], [1, 2, 2, 3])
})

t.test('integers, texts and lists come back as they were', async (t) => {
  const { file, history } = writer(t, 'list')
  const texts = ['-12', '0', '007', 'abc', '', '9999999999', null]
  const values = texts.map((text) => history.value(text))
  const list = history.list(values)
  const empty = history.list([])
  const key = history.key('k', 1)
  history.final(FN.read, 0, key, list, NO_NODE, 0, 1)
  history.final(FN.read, 0, key, empty, NO_NODE, 1, 2)
  await history.close()
  const read = readHistory(file)
  const back = [...listOf(read, read.ops.r[0] ?? -1)].map((value) =>
    value === NIL ? null : (textOf(read, value) ?? String(value)),
  )
  t.strictSame(back, texts)
  t.equal(listOf(read, read.ops.r[1] ?? -1).length, 0)
  t.equal(history.value(String(MAX_INTEGER)), MAX_INTEGER)
  t.strictSame(listOf(read, 99).length, 0, 'there is no such list')
})

t.test('what is under way at the end is indeterminate, and has no end', async (t) => {
  const { file, history } = writer(t)
  const key = history.key('k', 1)
  history.begin(FN.write, 0, key, 1, UNKNOWN, 5, 5)
  await history.close()
  const { ops, rows } = readHistory(file)
  t.equal(rows, 1)
  t.equal(ops.completeMs[0], Number.POSITIVE_INFINITY)
  t.strictSame([outcomeClass(ops.outcome[0] ?? 0), isIndeterminateCode(ops.outcome[0] ?? 0)], ['unfinished', true])
})

t.test(
  'many chunks, more operations under way than there was room for, and rows in the order of completion',
  async (t) => {
    const { file, history } = writer(t)
    const total = 30_001
    const keys = Array.from({ length: 10 }, (_, index) => history.key(`k${index}`, index))
    const open: number[] = []
    for (let i = 0; i < total; i += 1) {
      open.push(history.begin(FN.write, i % 2, keys[i % 10] ?? 0, i, UNKNOWN, i, i))
      if (open.length > 1000) history.ok(open.shift() ?? 0, UNKNOWN, NO_NODE, i + (i % 2 === 0 ? 0.5 : -0.9))
      if (i % 5000 === 0) history.flush()
    }
    for (const handle of open) history.ok(handle, UNKNOWN, NO_NODE, total + 1)
    t.equal(history.rows, total)
    await history.close()
    const { ops, rows } = readHistory(file)
    t.equal(rows, total)
    const written = new Set(ops.a.subarray(0, rows))
    t.equal(written.size, total, 'none is missing or double')
    t.ok(ops.completeMs.subarray(1, rows).every((ms, index) => ms >= (ops.completeMs[index] ?? 0)))
    t.ok(
      ops.key.subarray(0, rows).every((key, row) => key === (ops.a[row] ?? 0) % 10),
      'columns of a row stay together',
    )
  },
)

t.test('an operation takes at most 48 bytes', async (t) => {
  t.ok(OPERATION_BYTES <= 48, `${OPERATION_BYTES}`)
})

t.test('a history that was cut off gives what is in it, and says so', async (t) => {
  const { file, history } = writer(t)
  const key = history.key('k', 1)
  for (let i = 0; i < 100; i += 1)
    history.ok(history.begin(FN.write, 0, key, i, UNKNOWN, i, i), UNKNOWN, NO_NODE, i + 0.5)
  history.flush()
  history.ok(history.begin(FN.write, 0, key, 100, UNKNOWN, 100, 100), UNKNOWN, NO_NODE, 100.5)
  await history.close()
  const whole = readFileSync(file)
  t.match(readHistory(file), { complete: true, rows: 101 })
  truncateSync(file, whole.length - 10)
  t.match(readHistory(file), { complete: false, rows: 101 })
  truncateSync(file, whole.length - 60)
  t.match(readHistory(file), { complete: false, rows: 100 }, 'a half-written frame is left out')
  writeFileSync(file, Buffer.concat([whole.subarray(0, whole.length - 32), Buffer.alloc(100)]))
  t.match(readHistory(file), { complete: false, rows: 101 }, 'a hole ends it')
})

t.test('what is no history is told as such', async (t) => {
  const { file, history } = writer(t)
  await history.close()
  appendFileSync(file, 'x')
  t.match(readHistory(file), { complete: true, rows: 0 })
  writeFileSync(file, '{"json": true}')
  t.throws(
    () => readHistory(file),
    new HistoryError(`${file} is not a history of redis-chaos: it does not begin as one`),
  )
  writeFileSync(file, '')
  t.throws(() => readHistory(file), /is not a history of redis-chaos/)
  t.throws(() => readHistory(path.join(file, 'none')), /cannot be read/)
  t.throws(
    () =>
      new HistoryWriter({
        file: path.join(file, 'none'),
        workload: 'w',
        type: 'set',
        clients: 1,
        startWallMs: 0,
        options: {},
      }),
    /cannot be made/,
  )
})

t.test('a damaged byte, wherever it is, is no bug: the file is read, or told to be no history', async (t) => {
  const { file, history } = writer(t)
  const key = history.key('k', 1)
  history.ok(history.begin(FN.write, 0, key, 1, UNKNOWN, 1, 1), UNKNOWN, history.node('redis-node0'), 1.5)
  await history.close()
  const whole = readFileSync(file)
  for (const place of whole.keys()) {
    writeFileSync(
      file,
      whole.map((byte, at) => (at === place ? byte ^ 0x55 : byte)),
    )
    try {
      readHistory(file)
    } catch (error) {
      if (!(error instanceof HistoryError)) t.fail(`byte ${place}: ${String(error)}`)
    }
  }
  t.pass(`${whole.length} bytes`)
})

t.test('a disk that is full is told at the end, and not before', async (t) => {
  const history = new HistoryWriter({
    file: '/dev/full',
    workload: 'w',
    type: 'register',
    clients: 1,
    startWallMs: 0,
    options: {},
  })
  const key = history.key('k', 1)
  history.ok(history.begin(FN.write, 0, key, 1, UNKNOWN, 0, 0), UNKNOWN, NO_NODE, 1)
  history.flush()
  await t.rejects(history.close(), /\/dev\/full cannot be written .*no space is left there.*incomplete/)
})

t.test('a folder for the file is not needed twice', async (t) => {
  const folder = mkdtempSync(path.join(t.testdir({}), 'h-'))
  for (const _ of [1, 2]) {
    const history = new HistoryWriter({
      file: path.join(folder, 'w.history'),
      workload: 'w',
      type: 'set',
      clients: 1,
      startWallMs: 0,
      options: {},
    })
    await history.close()
  }
  t.equal(readHistory(path.join(folder, 'w.history')).rows, 0, 'the later recording replaces the earlier one')
})
