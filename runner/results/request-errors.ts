import { plural } from '../base/text.ts'
import type { ScenarioReport } from './report-model.ts'
import { sum } from './series.ts'

/** What requests to each application of a scenario failed with: `shop: 46 of 745 requests failed: 44 HTTP 503, 2 timeout`. */
export function requestErrorLines({ series = [], logs }: Pick<ScenarioReport, 'series' | 'logs'>): string[] {
  const apps = logs.filter(({ app }) => app).map(({ node }) => node)
  return series
    .filter(({ workload }) => apps.includes(workload))
    .map(({ workload, ok, errors }) => {
      const failed = sum(errors.map(({ counts }) => sum(counts)))
      const all = plural(failed + sum(ok), 'request')
      if (failed === 0) return `${workload}: none of ${all} failed`
      const classes = errors.map(({ name, counts }) => `${sum(counts)} ${name}`)
      return `${workload}: ${failed} of ${all} failed: ${classes.join(', ')}`
    })
}
