import { renderAsPlayed } from '../scenario/as-played.ts'
import type { Scenario } from '../scenario/model.ts'
import type { RunSettings } from './run-settings.ts'
import { configOf } from './set-up.ts'

/** Collects what was decided while playing, and writes the scenario down with it. */
export class AsPlayed {
  readonly #scenario: Scenario
  readonly #settings: RunSettings
  readonly #targets = new Map<string, { where: (string | number)[]; names: string[] }[]>()

  constructor(scenario: Scenario, settings: RunSettings) {
    this.#scenario = scenario
    this.#settings = settings
  }

  noteTargets(path: string, where: readonly (string | number)[], nodes: readonly string[]): void {
    const noted = this.#targets.get(path) ?? []
    if (!noted.some((note) => note.where.join('/') === where.join('/')))
      noted.push({ where: [...where], names: [...nodes] })
    this.#targets.set(path, noted)
  }

  render(): string {
    return renderAsPlayed(this.#scenario, {
      seed: this.#settings.seed,
      params: this.#scenario.params,
      secretParams: this.#scenario.secretParams ?? [],
      config: configOf(this.#scenario, this.#settings),
      targets: this.#targets,
    })
  }
}
