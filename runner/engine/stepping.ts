import { formatDuration } from '../base/duration.ts'
import { PlayError } from '../base/errors.ts'
import { listed } from '../base/text.ts'
import type { CheckOutcome } from '../record/check-outcome.ts'
import type { PlannedStep } from '../record/events.ts'
import { ASKED_ONCE } from '../steps/failed-poll.ts'
import { Names } from '../steps/names.ts'
import { type Step, StepFailure } from '../steps/verb.ts'
import type { Choice, Operator } from './operator.ts'
import type { ScenarioResult } from './scenario-result.ts'
import type { Stage } from './stage.ts'
import { contextOf } from './step-context.ts'

/** What was decided before each step by somebody who goes through a scenario, and what that leaves of its verdict. */
export class Stepping {
  readonly #ask: NonNullable<Operator['beforeStep']>
  readonly #skipped: string[] = []
  /** Commands of administrators that were sent by hand. */
  readonly #sent: string[] = []
  #goesOn = false
  #waitedMs = 0

  constructor(ask: NonNullable<Operator['beforeStep']>) {
    this.#ask = ask
  }

  /** How long steps have waited for an answer, ms. */
  get waitedMs(): number {
    return this.#waitedMs
  }

  /** Waits for what is to become of a step. Once `signal` aborts nobody is asked. */
  async before(
    step: PlannedStep,
    stage: Stage,
    names: Names,
    signal: AbortSignal,
  ): Promise<Exclude<Choice, 'play-all'>> {
    if (this.#goesOn || signal.aborted) return 'play'
    const { recorder, scenario, clock, cluster, servers, faults } = stage
    const startMs = clock.nowMs()
    recorder.record({ type: 'paused', scenario, by: 'step' })
    const send = (node: string, command: string) => this.#send(node, command, stage, names, signal)
    const choice = await this.#ask(step, { cluster, servers, faults, send }, signal)
    recorder.record({ type: 'resumed', scenario })
    this.#waitedMs += clock.nowMs() - startMs
    if (choice === 'skip') this.#skipped.push(step.path)
    if (choice === 'play-all') this.#goesOn = true
    return choice === 'skip' ? 'skip' : 'play'
  }

  /**
   * What a limit that was broken is worth: while somebody thought, servers and clients went on, and the scenario's own
   * times were not kept.
   */
  doubted(outcome: CheckOutcome): CheckOutcome {
    if (outcome.verdict !== 'failed' || this.#waitedMs === 0) return outcome
    const waited = `steps waited for ${formatDuration(this.#waitedMs)} to be let go on, while clients did not wait`
    return { ...outcome, verdict: 'inconclusive', explanation: `${outcome.explanation} Yet ${waited}.` }
  }

  /** What is left of a verdict when steps were skipped, or the cluster was changed by hand. */
  doubt(result: ScenarioResult): ScenarioResult {
    const { verdict, reason } = result
    if (verdict === 'error' || verdict === 'interrupted') return result
    const sent = this.#sent.length === 0 ? [] : [`sent by hand: ${listed(this.#sent)}`]
    const skipped = this.#skipped.length === 0 ? [] : [`skipped by hand: step ${listed(this.#skipped)}`]
    const why = [...skipped, ...sent].join('; ')
    if (why === '') return result
    const seen = verdict === 'passed' ? '' : `; what was seen: ${reason ?? verdict}`
    const own = { ...result, reason: `this was not the scenario as it is written (${why})${seen}` }
    return skipped.length > 0 || verdict === 'passed' ? { ...own, verdict: 'inconclusive' } : own
  }

  /** As a step of the scenario would send it, judged by the same policy. Throws PlayError. */
  async #send(node: string, command: string, stage: Stage, names: Names, signal: AbortSignal): Promise<unknown> {
    const { recorder, scenario } = stage
    const own = new Names({}, names)
    const read = stage.verbs.get('redis')?.read(byHand(node, command), own)
    if (!read) throw new PlayError('no command can be sent here')
    const context = contextOf(stage, own, '', new Set())
    recorder.record({ type: 'progress', scenario, text: `sent by hand: ${read.sentence}` })
    const { administers } = await read
      .run({ ...context, signal, playChildren: async () => undefined })
      .catch((error: unknown) => Promise.reject(withoutStepAdvice(error)))
    if (administers !== undefined) this.#sent.push(administers)
    return own.get(REPLY)
  }
}

const REPLY = 'reply'

/** What is sent by hand has no step to which anything could be added. */
function withoutStepAdvice(error: unknown): unknown {
  if (!(error instanceof StepFailure) || error.error.hint !== ASKED_ONCE) return error
  const { hint: _, ...rest } = error.error
  return new StepFailure(rest, error.outcome)
}

function byHand(node: string, command: string): Step {
  const place = { path: '', file: '', line: 0, col: 0 }
  return { verb: 'redis', arg: command, extras: { save: REPLY }, on: node, children: [], ...place }
}
