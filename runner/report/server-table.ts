import CliTable from 'cli-table3'
import { formatDuration } from '../base/duration.ts'
import { oneLine } from '../base/text.ts'
import type { RunReport, ScenarioReport } from '../results/report-model.ts'
import { VERDICT_LOOKS } from './verdicts.ts'

/**
 * A run over several servers side by side: the verdict of each scenario, and how long its failovers took, unwanted ones
 * from the fault to the new master, wanted ones from the first CLUSTER FAILOVER. No lines for a run on one server.
 */
export function serverTable(run: RunReport): string[] {
  const played = run.scenarios.filter(({ verdict }) => verdict !== 'skipped')
  const servers = new Set(played.map(({ server, platform }) => `${server} ${platform}`))
  if (servers.size < 2) return []
  const table = new CliTable({
    head: ['server', 'scenario', 'verdict', 'failover', 'failover wanted', 'total'],
    style: { head: [], border: [] },
  })
  for (const scenario of played) table.push(row(scenario))
  return ['Failover times by server', ...table.toString().split('\n')]
}

function row({ server, platform, id, verdict, failovers, durationMs }: ScenarioReport): string[] {
  const times = (wanted: boolean) =>
    failovers
      .filter((failover) => failover.outcome === 'promoted' && failover.wanted === wanted)
      .map(({ totalMs }) => formatDuration(totalMs))
      .join(', ') || '-'
  const { mark, word } = VERDICT_LOOKS[verdict]
  return [
    oneLine(`${server} · ${platform}`),
    id,
    `${mark} ${word}`,
    times(false),
    times(true),
    formatDuration(durationMs),
  ]
}
