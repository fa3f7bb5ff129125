import { poll } from '../base/poll.ts'
import { parseInfo } from '../cluster/node-report.ts'
import { type FaultStage, NotProven } from './fault.ts'

const SAVED_WITHIN_MS = 8000
const LOOK_EVERY_MS = 10

/**
 * Has a server save until its last save ended so. Throws NotProven when it does not in time, and what `send` throws.
 */
export async function untilLastSave(
  status: 'ok' | 'err',
  stage: FaultStage,
  node: string,
  send: (...words: [string, ...string[]]) => Promise<unknown>,
): Promise<void> {
  const look = async () => {
    const info = parseInfo(String(await send('INFO', 'persistence')))
    const isSaving = info.get('rdb_bgsave_in_progress') === '1'
    const last = info.get('rdb_last_bgsave_status')
    const ok = !isSaving && last === status
    // SCHEDULE: a rewrite of the append-only file may be under way, which goes first.
    if (!isSaving && !ok) await send('BGSAVE', 'SCHEDULE')
    return { ok, seen: isSaving ? 'a save is under way' : `the last save ended as ${last}` }
  }
  const { clock, signal } = stage
  const result = await poll(look, { clock, signal, withinMs: SAVED_WITHIN_MS, everyMs: LOOK_EVERY_MS })
  if (!result.ok) {
    throw new NotProven(`a save of ${node} did not end as ${status} within ${SAVED_WITHIN_MS} ms: ${result.lastSeen}`)
  }
}
