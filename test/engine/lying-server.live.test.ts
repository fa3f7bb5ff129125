import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { CheckOutcome } from '../../runner/record/check-outcome.ts'
import { loadText } from '../scenario/load-text.ts'
import { fakeRun } from '../support/fake-run.ts'
import { leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'
import { LyingPlatform } from '../support/lying-platform.ts'
import type { Lie } from '../support/lying-proxy.ts'

/** Real clusters behind servers that lie: the verdict must not be taken in. */

const real = { skip: skipWithoutRedis() }

/** Plays a second of load on two masters and judges it. */
async function playAgainst(t: Test, lie: Lie, load: string, checks: string) {
  const folder = mkdtempSync(join(tmpdir(), 'redis-chaos-lies-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const platform = new LyingPlatform(folder, lie)
  t.teardown(() => platform.close())
  const scenario = loadText(`title: t
cluster: { shards: 2, replicas: 0 }
workloads: { load: ${load} }
steps: [{ wait: 1500ms }]
checks: { load: ${checks} }
`)
  const run = fakeRun(t)
  const result = await run.play([{ scenario, platform }], await leaseCluster())
  const outcomes = new Map(run.of('check-judged').map(({ check }) => [check.name, check]))
  return { result, outcomes, reason: run.of('scenario-ended')[0]?.reason }
}

/** `key (value)` of all writes that a check says were lost. */
function namedLost(outcome: CheckOutcome | undefined): string[] {
  const lines = (outcome?.details ?? []).filter((line) => line.startsWith('lost: '))
  return lines.flatMap((line) => line.slice('lost: '.length).split(/(?<=\)), /)).sort()
}

t.test('an honest proxy: everything passes', real, async (t) => {
  const checks = '{ lost_writes: 0, linearizable: true, stale_reads: 0, unexpected: 0 }'
  const { result, outcomes } = await playAgainst(
    t,
    () => undefined,
    '{ type: register, rate: 1000/s, keys: 300 }',
    checks,
  )
  t.equal(result.verdict, 'passed', [...outcomes.values()].map(({ explanation }) => explanation).join('\n'))
})

t.test('a server that acknowledges writes and drops one in a thousand', real, async (t) => {
  const lastWrite = new Map<string, { value: string; dropped: boolean }>()
  let writes = 0
  const drop: Lie = ([command, key = '', value = '']) => {
    if (command !== 'SET') return undefined
    writes += 1
    // The first early: a busy machine may not come to a thousand.
    const dropped = writes % 1000 === 100
    lastWrite.set(key, { value, dropped })
    return dropped ? ['ECHO', 'OK'] : undefined
  }
  const load = '{ type: register, rate: 4000/s, keys: 20000, mix: { write: 1 } }'
  const { result, outcomes, reason } = await playAgainst(t, drop, load, '{ lost_writes: 0 }')
  t.equal(result.exitCode, 1)
  const lost = [...lastWrite].filter(([, { dropped }]) => dropped).map(([key, { value }]) => `${key} (${value})`)
  t.ok(lost.length > 0, `it dropped ${lost.length} of ${writes}`)
  t.strictSame(namedLost(outcomes.get('lost_writes')), lost.sort(), 'exactly those are named')
  t.match(outcomes.get('lost_writes'), { verdict: 'failed', amount: lost.length })
  t.match(reason, /^check lost_writes of load: \d+ acknowledged writes? /)
})

t.test('a server that answers with an older value once in a while', real, async (t) => {
  const values = new Map<string, string[]>()
  let reads = 0
  const goBack: Lie = ([command, key = '', value = '']) => {
    if (command === 'SET') values.set(key, [...(values.get(key) ?? []), value])
    if (command !== 'GET') return undefined
    reads += 1
    const older = values.get(key)?.at(-3)
    return reads % 50 === 0 && older !== undefined ? ['ECHO', older] : undefined
  }
  const load = '{ type: register, rate: 1000/s, keys: 20 }'
  const { result, outcomes } = await playAgainst(t, goBack, load, '{ linearizable: true, stale_reads: 0 }')
  t.equal(result.exitCode, 1)
  t.match(outcomes.get('linearizable'), { verdict: 'failed', explanation: /not linearizable/ })
  t.match(outcomes.get('stale_reads'), { verdict: 'failed' })
})

t.test('a server that carries out an addition twice', real, async (t) => {
  let additions = 0
  const twice: Lie = ([command, key = '']) => {
    if (command !== 'INCR') return undefined
    additions += 1
    return additions % 100 === 0 ? ['INCRBY', key, '2'] : undefined
  }
  const load = '{ type: counter, rate: 1000/s, keys: 5 }'
  const { result, outcomes } = await playAgainst(t, twice, load, '{ counter: true, linearizable: true }')
  t.equal(result.exitCode, 1)
  t.match(outcomes.get('counter'), { verdict: 'failed' })
  t.match(outcomes.get('linearizable'), { verdict: 'failed' })
})

t.test('a server that appends an element twice', real, async (t) => {
  let appends = 0
  const twice: Lie = ([command, key = '', element = '']) => {
    if (command !== 'RPUSH') return undefined
    appends += 1
    return appends % 100 === 0 ? ['RPUSH', key, element, element] : undefined
  }
  const { result, outcomes } = await playAgainst(t, twice, '{ type: list, rate: 1000/s, keys: 5 }', '{ duplicates: 0 }')
  t.equal(result.exitCode, 1)
  t.match(outcomes.get('duplicates'), { verdict: 'failed' })
})

t.test('a server that carries out half a transaction', real, async (t) => {
  let sets = 0
  const half: Lie = ([command, key = '']) => {
    if (command !== 'SET' || !key.endsWith('.2')) return undefined
    sets += 1
    // Often enough that some are read before the group is written anew.
    return sets % 20 === 0 ? ['ECHO', 'OK'] : undefined
  }
  const load = '{ type: transaction, rate: 500/s, keys: 5 }'
  const { result, outcomes } = await playAgainst(t, half, load, '{ isolation: true }')
  t.equal(result.exitCode, 1)
  t.match(outcomes.get('isolation'), { verdict: 'failed' })
})
