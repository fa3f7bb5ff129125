import { type Diagnostic, renderDiagnostics } from '../../runner/scenario/diagnostic.ts'
import { type LoadOptions, loadScenario } from '../../runner/scenario/load.ts'
import type { Scenario } from '../../runner/scenario/model.ts'
import { verbByName } from '../../runner/steps/index.ts'

/** Loads a text that should be right. Throws Error with everything that is wrong with it. */
export function loadText(text: string, options: Partial<LoadOptions> = {}): Scenario {
  const loaded = loadScenario(text, { file: 'test/scenario/fixtures/x.yaml', verbs: verbByName, ...options })
  if ('scenario' in loaded) return loaded.scenario
  throw new Error(renderDiagnostics(loaded.diagnostics, { color: false }))
}

/** What is wrong with a text. Throws Error if nothing is. */
export function problemsOf(text: string, options: Partial<LoadOptions> = {}): Diagnostic[] {
  const loaded = loadScenario(text, { file: 'test/scenario/fixtures/x.yaml', verbs: verbByName, ...options })
  if ('diagnostics' in loaded) return loaded.diagnostics
  throw new Error('this text should not have been accepted')
}
