import t from 'tap'
import { Dataset, Datasets } from '../../runner/steps/datasets.ts'

const KEYS = ['k:0', 'k:1', 'k:2']

/** A dataset and the values of the rounds that were written in it. */
function written(...rounds: readonly ('acknowledged' | 'doubted' | 'refused')[]) {
  const dataset = new Dataset('k', KEYS, 't', 0)
  const values: string[] = []
  for (const end of rounds) {
    dataset.beginRound()
    values.push(dataset.value(0))
    if (end === 'acknowledged') dataset.acknowledge(0)
    if (end === 'doubted') dataset.doubt(0)
    dataset.endRound()
  }
  return { dataset, judge: (round: number) => dataset.judge(0, values[round - 1]) }
}

t.test('the acknowledged value is right, and nothing else is', async (t) => {
  const { dataset, judge } = written('acknowledged')
  t.equal(judge(1), 'right')
  t.equal(dataset.judge(0, null), 'lost')
  t.equal(dataset.judge(0, 'five'), 'changed')
  t.equal(dataset.judge(0, ''), 'changed')
  t.equal(dataset.judge(0, undefined), 'changed')
  t.equal(dataset.judge(0, dataset.value(1)), 'changed', "another key's value")
  const other = new Dataset('k', KEYS, 'u', 0)
  other.beginRound()
  t.equal(dataset.judge(0, other.value(0)), 'changed', "another run's value")
})

t.test('an earlier value is older', async (t) => {
  const { dataset, judge } = written('acknowledged', 'acknowledged', 'acknowledged')
  t.strictSame([judge(1), judge(2), judge(3)], ['older', 'older', 'right'])
  t.equal(dataset.judge(0, null), 'lost')
})

t.test('a later write without an answer may stand, and need not', async (t) => {
  const { dataset, judge } = written('acknowledged', 'doubted', 'doubted')
  t.strictSame([judge(1), judge(2), judge(3)], ['right', 'right', 'right'])
  t.equal(dataset.judge(0, null), 'lost')
})

t.test('a write that was refused cannot stand', async (t) => {
  const { judge } = written('acknowledged', 'refused')
  t.strictSame([judge(1), judge(2)], ['right', 'changed'])
})

t.test('a write without an answer is over when a later one is acknowledged', async (t) => {
  const { judge } = written('acknowledged', 'doubted', 'acknowledged')
  t.strictSame([judge(1), judge(2), judge(3)], ['older', 'older', 'right'])
})

t.test('a doubt does not undo the acknowledgement of the same round', async (t) => {
  const dataset = new Dataset('k', KEYS, 't', 0)
  dataset.beginRound()
  const first = dataset.value(0)
  dataset.acknowledge(0)
  dataset.endRound()
  dataset.beginRound()
  dataset.acknowledge(0)
  dataset.doubt(0)
  t.equal(dataset.judge(0, dataset.value(0)), 'right')
  t.equal(dataset.judge(0, first), 'older')
})

t.test('a key whose write was never acknowledged is not judged', async (t) => {
  for (const end of ['doubted', 'refused'] as const) {
    const { dataset, judge } = written(end)
    t.equal(judge(1), 'unknown')
    t.equal(dataset.judge(0, null), 'unknown')
    t.strictSame(dataset.judgeable(), [])
  }
  t.equal(written('acknowledged').dataset.judge(9, 'five'), 'unknown', 'no such key')
})

t.test('each key is known by itself', async (t) => {
  const dataset = new Dataset('k', KEYS, 't', 0)
  dataset.beginRound()
  t.strictSame(dataset.unacknowledged(), [0, 1, 2])
  dataset.acknowledge(1)
  t.strictSame(dataset.unacknowledged(), [0, 2])
  t.strictSame(dataset.judgeable(), [1])
  dataset.endRound()
  dataset.beginRound()
  t.strictSame(dataset.unacknowledged(), [0, 1, 2], 'a new round is to be written to all')
  t.strictSame(dataset.judgeable(), [1])
})

t.test('two rounds are not written at once: their values could not be told in order', async (t) => {
  const dataset = new Dataset('k', KEYS, 't', 0)
  t.equal(dataset.beginRound(), true)
  const sent = dataset.value(0)
  t.equal(dataset.beginRound(), false)
  dataset.acknowledge(0)
  t.equal(dataset.judge(0, sent), 'right', 'what was sent is what was acknowledged')
  dataset.endRound()
  t.equal(dataset.beginRound(), true)
})

t.test('values', async (t) => {
  const dataset = new Dataset('k', KEYS, 't', 50)
  dataset.beginRound()
  t.equal(dataset.value(0).length, 50)
  t.not(dataset.value(0), dataset.value(1))
  const datasets = new Datasets(7)
  const made = datasets.create('orders', KEYS, 0)
  t.equal(datasets.get('orders'), made)
  t.equal(datasets.get('other'), undefined)
  t.strictSame(datasets.names(), ['orders'])
  const [again, other] = [new Datasets(7), new Datasets(8)].map((all) => all.create('orders', KEYS, 0))
  for (const one of [made, again, other]) one?.beginRound()
  t.equal(again?.value(0), made.value(0), 'the same seed gives the same values')
  t.not(other?.value(0), made.value(0), 'and another gives others')
})
