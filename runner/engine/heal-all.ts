import { typed } from '../base/command-line.ts'
import { expectedError } from '../base/surroundings.ts'
import { abortAfterRunning } from '../base/time-limit.ts'
import type { FaultBoard } from '../faults/board.ts'
import type { RunSettings } from './run-settings.ts'
import { type ScenarioResult, worseOf } from './scenario-result.ts'

/** How long healing at the end of a scenario may take, ms. */
const HEAL_WITHIN_MS = 20_000

/**
 * Takes away what the steps left wrong. Where that fails, the run fails with it: what is left is told, and how to mend
 * it.
 */
export async function healAll(
  result: ScenarioResult,
  faults: FaultBoard,
  signal: AbortSignal,
  { keep, recorder, scenario }: Pick<RunSettings, 'keep' | 'recorder'> & { scenario: number },
): Promise<ScenarioResult> {
  // Servers that are about to be removed in a hurry need no healing.
  if (faults.active.length === 0 || (signal.aborted && !keep)) return result
  recorder.record({ type: 'progress', scenario, text: 'healing every fault' })
  try {
    await faults.endAll(abortAfterRunning(HEAL_WITHIN_MS))
    return result
  } catch (error) {
    const failure = expectedError(error) ?? timeOver(error)
    if (failure === undefined) throw error
    const left = faults.active.map(({ sentence }) => sentence).join('; ')
    const hint = failure.hint ?? `\`${typed('heal')}\` tries again; removing the servers ends every fault.`
    return worseOf(result, { verdict: 'failed', reason: `not healed at the end (${left}): ${failure.message}`, hint })
  }
}

/** Beside what healing itself says. */
function timeOver(error: unknown): { message: string; hint?: string } | undefined {
  return error instanceof DOMException && error.name === 'TimeoutError' ? { message: error.message } : undefined
}
