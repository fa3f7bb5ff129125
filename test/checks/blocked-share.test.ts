import t from 'tap'
import type { RunFacts } from '../../runner/results/run-facts.ts'
import { KILL_FACTS, NO_FACTS } from '../support/facts.ts'
import type { Op } from '../support/histories.ts'
import { judge } from '../support/judge.ts'

/** In KILL_FACTS the master of shard 2, which has this slot, is killed at 10 s. */
const slots = { k: 6000 }
const CLIENTS = 8

/** Operations of a client one after the other, each of so many ms. */
function lane(client: number, fromMs: number, toMs: number, { took, ...more }: Partial<Op> & { took: number }): Op[] {
  const ops: Op[] = []
  for (let ms = fromMs; ms < toMs; ms += took)
    ops.push({ f: 'write', a: client * 100_000 + ms, key: 'k', client, at: [ms, ms + took], ...more })
  return ops
}

const lanes = (of: (client: number) => Op[]): Op[] => Array.from({ length: CLIENTS }, (_, client) => of(client)).flat()

const unsent = (count: number): Op[] =>
  Array.from(
    { length: count },
    (_, n): Op => ({ f: 'write', a: 5_000_000 + n, at: [20_000, 20_000], failed: 'unsent' }),
  )

/** A load of 200/s for 11 s, of which little is sent: all is served for a second, then each client for itself. */
const load = (fromMs: number, after: (client: number, fromMs: number) => Op[]): Op[] => {
  const ops = lanes((client) => [...lane(client, fromMs - 1000, fromMs, { took: 40 }), ...after(client, fromMs)])
  return [...ops, ...unsent(2200 - ops.length)]
}

const verdict = (ops: readonly Op[], facts: RunFacts) =>
  judge('error_rate', '100%', { type: 'register', ops, slots, clients: CLIENTS }, facts)

const blocks = (client: number, fromMs: number) =>
  lane(client, fromMs, fromMs + 10_000, { took: 1000, lost: 'timeout' })

t.test('a client that blocks through an outage is judged by what it sent around it', async (t) => {
  t.match(verdict(load(10_001, blocks), KILL_FACTS), { verdict: 'passed', load: { due: 2200, sent: 280 } })
  const waits = (client: number, fromMs: number) => lane(client, fromMs, fromMs + 10_000, { took: 10_000 })
  t.match(verdict(load(10_001, waits), KILL_FACTS), { verdict: 'passed' }, 'one operation that waits blocks as well')
})

t.test('what has another cause is still too little', async (t) => {
  const starved = { verdict: 'inconclusive', explanation: /of the 2200 operations that were due were sent/ }
  t.match(verdict(load(10_001, blocks), NO_FACTS), starved, 'nothing was done to the servers')
  t.match(verdict(load(1000, blocks), KILL_FACTS), starved, 'nothing had been done to the servers yet')
  const slow = (client: number, fromMs: number) => lane(client, fromMs, fromMs + 10_000, { took: 500 })
  t.match(verdict(load(10_001, slow), KILL_FACTS), starved, 'a slow machine, or slow servers')
  const one = (client: number, fromMs: number) => (client === 0 ? blocks(client, fromMs) : slow(client, fromMs))
  t.match(verdict(load(10_001, one), KILL_FACTS), starved, 'one client of eight')
  const stalls = [{ startMs: 10_002, endMs: 19_990, together: false }]
  const stood = (client: number, fromMs: number) =>
    lane(client, fromMs, fromMs + 10_000, { took: 10_000, lost: 'timeout' })
  t.match(verdict(load(10_001, stood), { ...KILL_FACTS, stalls }), starved, 'the load stood still')
})
