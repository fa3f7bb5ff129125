import { explainScenario } from '../../../runner/scenario/explain.ts'
import { loadScenarioFile } from '../../../runner/scenario/load.ts'
import { warningsOf } from '../../../runner/scenario/warnings/index.ts'
import { verbByName } from '../../../runner/steps/index.ts'

/**
 * A process of its own: loads the scenarios that its arguments name, prints why each was refused and the processor time
 * that it took, and at last the most memory that the process had.
 */
function load(file: string): { refused: string | undefined; cpuMs: number } {
  const before = process.cpuUsage()
  const loaded = loadScenarioFile({ file, verbs: verbByName })
  if ('scenario' in loaded) {
    warningsOf(loaded.scenario)
    explainScenario(loaded.scenario, verbByName)
  }
  const { user, system } = process.cpuUsage(before)
  const refused = 'diagnostics' in loaded ? loaded.diagnostics[0]?.message : undefined
  return { refused, cpuMs: (user + system) / 1000 }
}

const found = process.argv.slice(2).map(load)
// KiB on every system (libuv's uv_getrusage).
console.log(JSON.stringify({ found, mostMb: process.resourceUsage().maxRSS / 1024 }))
