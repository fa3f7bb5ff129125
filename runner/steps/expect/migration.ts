import { z } from 'zod'
import { DEFAULT_NAME, MIGRATION_STATES, type MigrationState } from '../migrations.ts'
import { StepFailure } from '../verb.ts'
import type { Subject } from './subject.ts'

export const migrationState = z
  .enum(MIGRATION_STATES)
  .describe('Ask about a move of slots that `background` or `until` has left to later steps')

export const migrationSubject: Subject<{ migration: MigrationState; as?: string | undefined }> = {
  sentence: ({ migration, as }) => `the move of slots${as === undefined ? '' : ` ${as}`} to be ${migration}`,
  async look({ migration, as = DEFAULT_NAME }, { migrations }) {
    const found = migrations.get(as)
    if (!found) {
      throw new StepFailure({
        message: `there is no move of slots called ${as}`,
        hint: 'A move is there for later steps where its reshard or rebalance has `background: true` or `until`; `as` names it.',
      })
    }
    if (found.state === 'stopped') await found.catchUp()
    const ok = found.state === migration
    if (ok && (migration === 'failed' || migration === 'cancelled')) found.isFailureExpected = true
    return { ok, seen: found.text }
  },
}
