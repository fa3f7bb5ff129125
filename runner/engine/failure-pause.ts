import type { Scene } from './operator.ts'
import type { RunSettings } from './run-settings.ts'
import type { ScenarioResult } from './scenario-result.ts'

export interface FailurePauseOptions {
  /** Place of the scenario in the run, from 0. */
  scenario: number
  /** From then on nothing that is seen of the servers counts. */
  freeze(): Promise<void>
}

/** The wait for somebody who looks at a scenario that has not passed, once at most. */
export class FailurePause {
  readonly #settings: Pick<RunSettings, 'operator' | 'recorder'>
  readonly #options: FailurePauseOptions
  #scene: Scene | undefined
  #taken = false

  constructor(settings: Pick<RunSettings, 'operator' | 'recorder'>, options: FailurePauseOptions) {
    this.#settings = settings
    this.#options = options
  }

  /** From now on there is something to look at. */
  open(scene: Scene): void {
    this.#scene = scene
  }

  get taken(): boolean {
    return this.#taken
  }

  /** Waits if somebody is there and the scenario has not passed: `judge` says that, and is asked only then. */
  async take(signal: AbortSignal, judge: () => ScenarioResult): Promise<void> {
    const { operator, recorder } = this.#settings
    const scene = this.#scene
    if (operator?.onFailure === undefined || scene === undefined || this.#taken || signal.aborted) return
    const result = judge()
    if (result.verdict === 'passed') return
    this.#taken = true
    await this.#options.freeze()
    const { scenario } = this.#options
    recorder.record({ type: 'paused', scenario, by: 'failure' })
    await operator.onFailure(result, scene)
    recorder.record({ type: 'resumed', scenario })
  }
}
