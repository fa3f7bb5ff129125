import { typed } from '../base/command-line.ts'
import { expectedError } from '../base/surroundings.ts'
import { firstFew } from '../base/text.ts'
import { abortAfterRunning } from '../base/time-limit.ts'
import { endMoves } from '../cluster/moves/end-moves.ts'
import type { SlotMove } from '../cluster/moves/move.ts'
import { NotProven } from '../faults/fault.ts'
import { movesNotedBy } from './note-moves.ts'
import type { RunSettings } from './run-settings.ts'
import { type ScenarioResult, worseOf } from './scenario-result.ts'
import type { Stage } from './stage.ts'

/** How long healing at the end of a scenario may take, ms. */
const HEAL_WITHIN_MS = 20_000

/**
 * Takes away what the steps left wrong, and ends the moves of slots that they left half-way. Where that fails, the run
 * fails with it: what is left is told, and how to mend it.
 */
export async function healAll(
  result: ScenarioResult,
  stage: HealedStage,
  signal: AbortSignal,
  settings: HealSettings,
): Promise<ScenarioResult> {
  // Servers that are about to be removed in a hurry need no healing.
  if (signal.aborted && !settings.keep) return result
  return await endLeftMoves(await endFaults(result, stage), stage)
}

/** Slots that are told one by one. */
const MOST_TOLD = 3

type HealSettings = Pick<RunSettings, 'keep'>

type HealedStage = Pick<Stage, 'faults' | 'cluster' | 'recorder' | 'scenario' | 'clock' | 'begunMoves'>

async function endFaults(result: ScenarioResult, { faults, recorder, scenario }: HealedStage): Promise<ScenarioResult> {
  if (faults.active.length === 0) return result
  recorder.record({ type: 'progress', scenario, text: 'healing every fault' })
  try {
    await faults.endAll(abortAfterRunning(HEAL_WITHIN_MS))
    return result
  } catch (error) {
    if (error instanceof NotProven) return didNotBite(result, error)
    const failure = expectedError(error) ?? timeOver(error)
    if (failure === undefined) throw error
    const left = faults.active.map(({ sentence }) => sentence).join('; ')
    return notHealed(result, `${left}): ${failure.message}`, failure.hint)
  }
}

/** Slots that nobody moves in a step stay as they are: that is for the audit to find. */
async function endLeftMoves(result: ScenarioResult, stage: HealedStage): Promise<ScenarioResult> {
  const { cluster, recorder, scenario } = stage
  const slots = [...stage.begunMoves]
  if (slots.length === 0) return result
  const { noteMoves } = movesNotedBy(stage)
  const onMove = (move: SlotMove) => noteMoves([move])
  try {
    const { done, left } = await endMoves({ cluster, signal: abortAfterRunning(HEAL_WITHIN_MS), slots, onMove })
    for (const text of done) recorder.record({ type: 'progress', scenario, text })
    if (done.length > 0 && result.verdict === 'passed')
      recorder.record({ type: 'warning', scenario, text: leftHalfWay(done) })
    return left.length === 0 ? result : notHealed(result, `${left.join('; ')})`)
  } catch (error) {
    const failure = expectedError(error) ?? timeOver(error)
    if (failure === undefined) throw error
    return notHealed(result, `slots that a move left open): ${failure.message}`, failure.hint)
  }
}

/** A scenario that passes with slots half-way may have meant to see them at their end. */
function leftHalfWay(done: readonly string[]): string {
  return `the steps left slots half-way, and they were ended after the last one: ${firstFew(done, MOST_TOLD)}. A step that does so is \`migration: resume\`, \`migration: cancel\` or \`heal: slots\``
}

function didNotBite(result: ScenarioResult, { message, hint = 'The fault did not bite.' }: NotProven): ScenarioResult {
  return worseOf(result, { verdict: 'inconclusive', reason: message, hint })
}

function notHealed(result: ScenarioResult, text: string, told?: string): ScenarioResult {
  const hint = told ?? `\`${typed('heal')}\` tries again; removing the servers ends every fault.`
  return worseOf(result, { verdict: 'failed', reason: `not healed at the end (${text}`, hint })
}

/** Beside what healing itself says. */
function timeOver(error: unknown): { message: string; hint?: string } | undefined {
  return error instanceof DOMException && error.name === 'TimeoutError' ? { message: error.message } : undefined
}
