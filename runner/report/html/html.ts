import { NO_FILES, type RunFiles } from '../../record/run-folder.ts'
import type { RunReport } from '../../results/report-model.ts'
import { scenarioPage } from './run-page.ts'
import { pagePath, suitePage } from './suite-page.ts'

/** `report.html`: the page of the scenario; of a run with several, or one that is compared, an index over them. */
export function htmlReport(run: RunReport, files: RunFiles = NO_FILES): string {
  const [only, ...others] = run.scenarios
  const isPlain = others.length === 0 && run.notStarted === 0 && run.baseline === undefined
  return only !== undefined && isPlain ? scenarioPage(run, only, files) : suitePage(run)
}

/** The page of each scenario of a run that has an index, by its path beside the index. */
export function* scenarioPages(run: RunReport, files: RunFiles): Generator<[path: string, text: string]> {
  if (run.scenarios.length < 2 && run.baseline === undefined) return
  for (const [place, scenario] of run.scenarios.entries()) {
    yield [pagePath(place, scenario.id), scenarioPage(run, scenario, files, '../report.html')]
  }
}
