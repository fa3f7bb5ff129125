import { formatDuration } from '../base/duration.ts'
import type { Migration } from '../steps/migrations.ts'
import { type ScenarioResult, worseOf } from './scenario-result.ts'
import type { Stage } from './stage.ts'

/** How long a move that goes on after the last step is waited for, ms. */
const ENDED_WITHIN_MS = 30_000

/**
 * Ends the moves of slots that go on in the background: waits for them where all went well, else stops them. One that
 * failed, and that no step expected to, fails the scenario.
 */
export async function endMigrations(
  result: ScenarioResult,
  stage: Stage,
  signal: AbortSignal,
): Promise<ScenarioResult> {
  const going = stage.migrations.all.filter(({ state }) => state === 'running')
  if (going.length > 0 && result.verdict === 'passed' && !signal.aborted) await waitFor(going, stage, signal)
  const late = going.filter(({ state }) => state === 'running').map(({ name, text }) => `${name}, ${text}`)
  await Promise.all(stage.migrations.all.map((one) => one.cancel('the scenario has ended')))
  if (late.length > 0) {
    const reason = `a move of slots had not ended ${formatDuration(ENDED_WITHIN_MS)} after the last step, and was stopped (${late.join('; ')})`
    return worseOf(result, {
      verdict: 'failed',
      reason,
      hint: 'wait for it: `expect: { migration: done }` with `within`',
    })
  }
  const failed = stage.migrations.all.find(({ state, isFailureExpected }) => state === 'failed' && !isFailureExpected)
  if (!failed) return result
  const reason = `a move of slots failed, and no step expected it (${failed.name}, ${failed.text})`
  return worseOf(result, {
    verdict: 'failed',
    reason,
    hint: 'one that may fail is expected to: `expect: { migration: failed }`',
  })
}

async function waitFor(going: readonly Migration[], stage: Stage, signal: AbortSignal): Promise<void> {
  const { recorder, scenario, clock } = stage
  recorder.record({ type: 'progress', scenario, text: 'waiting for moves of slots to end' })
  const ended = Promise.all(going.map((one) => one.ended()))
  await Promise.race([ended, clock.sleep(ENDED_WITHIN_MS, signal).catch(() => undefined)])
}
