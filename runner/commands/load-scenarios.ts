import { UsageError } from '../base/errors.ts'
import type { Allowed } from '../platforms/allowed.ts'
import { type Diagnostic, renderDiagnostics } from '../scenario/diagnostic.ts'
import { findScenario, listScenarios, withTags } from '../scenario/library.ts'
import { loadScenarioFile } from '../scenario/load.ts'
import type { Scenario } from '../scenario/model.ts'
import { verbByName } from '../steps/index.ts'
import { scenariosFolder, shown } from './project.ts'

/**
 * Names of the scenarios asked for: those named, and those with one of the tags. Throws UsageError if a tag has none.
 */
export function chosenNames(names: readonly string[], tags: readonly string[]): string[] {
  const entries = tags.length === 0 ? [] : listScenarios(scenariosFolder)
  for (const tag of tags) {
    if (withTags(entries, [tag]).length === 0) {
      const known = [...new Set(entries.flatMap((entry) => entry.tags))].sort()
      throw new UsageError(`no scenario has the tag ${tag}; there are the tags ${known.join(', ')}`)
    }
  }
  return [...names, ...withTags(entries, tags).map(({ name }) => name)]
}

/** Reads scenarios by name or path. Throws UsageError with all that is wrong with all of them. */
export function loadScenarios(
  names: readonly string[],
  set: Record<string, string>,
  color: boolean,
  by: { allowed?: Allowed; portBase?: number } = {},
): Scenario[] {
  const scenarios: Scenario[] = []
  const diagnostics: Diagnostic[] = []
  const unknown: string[] = []
  for (const name of names) {
    const found = findScenario(name, scenariosFolder)
    if ('error' in found) {
      unknown.push(`${found.error}; ${found.hint}`)
      continue
    }
    const loaded = loadScenarioFile({ file: shown(found.file), root: found.root, verbs: verbByName, set, ...by })
    if ('scenario' in loaded) scenarios.push(loaded.scenario)
    else diagnostics.push(...loaded.diagnostics)
  }
  const complaints = [
    ...unknown,
    ...(diagnostics.length > 0 ? [renderDiagnostics(diagnostics, { color }).trimEnd()] : []),
  ]
  if (complaints.length > 0) throw new UsageError(complaints.join('\n'))
  return scenarios
}
