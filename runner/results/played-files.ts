import type { RunEvent } from '../record/events.ts'
import { fileName } from '../record/run-folder.ts'

/**
 * Where the scenarios of a run lie in its folder as they were played, by their numbers: `scenario.yaml` when the run
 * has one, else `scenario-<id>.yaml`; an id played again gets a number. One that was never played has none.
 */
export function playedFiles(events: readonly RunEvent[]): Map<number, string> {
  const played = new Set(events.flatMap((event) => (event.type === 'scenario-as-played' ? [event.scenario] : [])))
  const starts = events
    .filter((event) => event.type === 'scenario-started')
    .sort((one, other) => one.scenario - other.scenario)
  const files = new Map<number, string>()
  for (const { scenario, id } of starts) {
    if (played.has(scenario)) files.set(scenario, nameFor(id, starts.length, new Set(files.values())))
  }
  return files
}

function nameFor(id: string, scenarios: number, taken: ReadonlySet<string>): string {
  if (scenarios === 1) return 'scenario.yaml'
  const stem = `scenario-${fileName(id)}`
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? `${stem}.yaml` : `${stem}-${number}.yaml`
    if (!taken.has(name)) return name
  }
}
