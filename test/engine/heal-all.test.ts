import t from 'tap'
import { healAll } from '../../runner/engine/heal-all.ts'
import type { ScenarioResult } from '../../runner/engine/scenario-result.ts'
import { fakeStage, step } from '../support/fake-stage.ts'

const DROP = { from: 'redis-node0', to: 'redis-node1', type: 'fail', drop: true }
const PASSED: ScenarioResult = { verdict: 'passed' }
const SIGNAL = new AbortController().signal

/** A stage at the end of whose steps packets are still dropped, of which so many came. */
async function dropping(packets: number) {
  const made = fakeStage()
  const { network } = made.group
  network.counts = async () => network.links.map((link) => ({ link, packets, seen: 7 }))
  const { verdict } = await made.playOne(step('bus', DROP))
  return { ...made, network, verdict }
}

t.test('a fault of packets that never bit is told when the scenario ends, and is gone', async (t) => {
  const { stage, network, verdict } = await dropping(0)
  t.equal(verdict, 'passed', 'a rare packet may still come')
  t.match(await healAll(PASSED, stage, SIGNAL, { keep: false }), {
    verdict: 'inconclusive',
    reason: /^drop fail packets from redis-node0 to redis-node1: no fail packet was treated; 7 packets of all types/,
    hint: /did not bite/,
  })
  t.strictSame(network.links, [])
  t.strictSame(stage.faults.active, [])
})

t.test('one that bit is not worth a word', async (t) => {
  const { stage, network } = await dropping(2)
  t.match(await healAll(PASSED, stage, SIGNAL, { keep: false }), PASSED)
  t.strictSame(network.links, [])
})

t.test('a failure before it is what the scenario ends with', async (t) => {
  const { stage } = await dropping(0)
  const failed: ScenarioResult = { verdict: 'failed', reason: 'expected five' }
  t.match(await healAll(failed, stage, SIGNAL, { keep: false }), failed)
})

t.test('what cannot be healed weighs more than what did not bite', async (t) => {
  const { stage, playOne, network } = await dropping(0)
  await playOne(step('partition', { isolate: 'redis-node2' }))
  network.answer = () => ({ outcome: 'silent' })
  t.match(await healAll(PASSED, stage, SIGNAL, { keep: false }), { verdict: 'failed', reason: /not healed at the end/ })
})
