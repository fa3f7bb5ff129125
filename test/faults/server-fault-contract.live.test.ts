import t from 'tap'
import { systemClock } from '../../runner/base/clock.ts'
import { config } from '../../runner/faults/config.ts'
import { connectionsFull } from '../../runner/faults/connections-full.ts'
import { droppedPackets, lostVotes } from '../../runner/faults/dropped-packets.ts'
import type { Fault, FaultKind, FaultStage } from '../../runner/faults/fault.ts'
import { fullResync } from '../../runner/faults/full-resync.ts'
import { faultKind } from '../../runner/faults/index.ts'
import { stall } from '../../runner/faults/stall.ts'
import { writesRefused } from '../../runner/faults/writes-refused.ts'
import { liveStage } from '../support/live-stage.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

/**
 * What every kind of fault promises, on real servers: what a journal holds of it is enough, and all but remembering can
 * be done twice.
 */

const nodes = ['redis-node0']
const KINDS = [
  example(config, { nodes, set: { 'slowlog-max-len': '5', save: '60 1' } }),
  example(stall, { nodes, timeMs: 500 }),
  example(writesRefused, { nodes }),
  example(connectionsFull, { nodes }),
  example(droppedPackets, { nodes, type: 'publish' }),
  example(lostVotes, { nodes, type: 'failover-auth-request' }),
  example(fullResync, { nodes }),
]

function example<Spec>(kind: FaultKind<Spec>, spec: Spec) {
  return { kind, spec, remember: (stage: FaultStage) => kind.remember(spec, stage) }
}

t.test('server faults', { skip: skipWithoutRedis() }, async (t) => {
  const { cluster, servers } = await liveStage(t, { needs: { debug: true, protectedSettings: true } })
  const stage: FaultStage = { cluster, servers, clock: systemClock, signal: new AbortController().signal, active: [] }
  const settings = async () => {
    const all = (await cluster.node('redis-node0').client.call('CONFIG', 'GET', '*')) as string[]
    return Object.fromEntries(all.flatMap((name, i) => (i % 2 === 0 ? [[name, all[i + 1]]] : [])))
  }

  for (const { kind, spec, remember } of KINDS) {
    t.test(kind.name, async (t) => {
      t.equal(faultKind(kind.name), kind, 'a journal finds it by its name')
      const before = await settings()
      const memo = await remember(stage)
      const fault = JSON.parse(
        JSON.stringify({ id: 'f1', kind: kind.name, spec, memo, nodes, sentence: kind.name }),
      ) as Fault
      await kind.heal(fault, stage)
      t.ok(await kind.proveHealed(fault, stage), 'what was never applied is healed')

      await kind.apply(fault, stage)
      await kind.apply(fault, stage)
      t.ok(await kind.prove(fault, stage), 'it bites')
      await kind.heal(fault, stage)
      await kind.heal(fault, stage)
      t.ok(await kind.proveHealed(fault, stage), 'it bites no more')
      t.same(await settings(), before, 'no setting is left')

      const aborted = { ...stage, signal: AbortSignal.abort(new Error('enough')) }
      await t.rejects(kind.heal(fault, aborted), { message: 'enough' }, 'it ends when it is told to')
    })
  }
})
