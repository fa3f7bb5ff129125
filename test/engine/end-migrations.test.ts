import t from 'tap'
import type { SlotMove } from '../../runner/cluster/moves/move.ts'
import { endMigrations } from '../../runner/engine/end-migrations.ts'
import { fakeStage } from '../support/fake-stage.ts'

const MOVE: SlotMove = { slots: [[0, 9]], from: 'redis-node0', to: 'redis-node1' }
const NEVER = new AbortController().signal

/** A stage whose cluster answers nothing that a move could use: each that begins fails. */
function failingStage() {
  const { stage, events } = fakeStage()
  const begin = (name: string) =>
    stage.migrations.begin(name, [MOVE], {
      cluster: stage.cluster,
      how: 'atomic',
      until: undefined,
      shards: [],
      noteMoved: () => undefined,
      prove: async () => undefined,
    })
  return { stage, events, begin }
}

t.test('a move that failed behind the back of all steps fails the scenario', async (t) => {
  const { stage, begin } = failingStage()
  begin('big')
  t.match(await endMigrations({ verdict: 'passed' }, stage, NEVER), {
    verdict: 'failed',
    reason: /^a move of slots failed, and no step expected it \(big, failed: 0 of 10 slots moved, 10 left; /,
    hint: /expect: \{ migration: failed \}/,
  })
})

t.test('one that a step expected to fail does not', async (t) => {
  const { stage, begin } = failingStage()
  const migration = begin('big')
  await migration?.ended()
  if (migration) migration.isFailureExpected = true
  t.match(await endMigrations({ verdict: 'passed' }, stage, NEVER), { verdict: 'passed' })
})

t.test('where the steps failed, nobody waits, and theirs is the reason', async (t) => {
  const { stage, events, begin } = failingStage()
  begin('big')
  const failed = { verdict: 'failed', reason: 'step 1' } as const
  t.same(await endMigrations(failed, stage, NEVER), failed)
  t.same(events, [])
})

t.test('no two of one name go on at once', async (t) => {
  const { begin } = failingStage()
  const first = begin('big')
  t.equal(begin('big'), undefined)
  await first?.ended()
  t.ok(begin('big'))
})
