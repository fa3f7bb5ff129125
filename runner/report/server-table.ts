import { formatDuration } from '../base/duration.ts'
import { displayWidth, oneLine, visible, wrap } from '../base/text.ts'
import type { RunReport, ScenarioReport } from '../results/report-model.ts'
import type { OutputStyle, Paint } from './style.ts'
import { GAP, MARGIN, textTable } from './text-table.ts'
import { VERDICT_LOOKS } from './verdicts.ts'

const HEADINGS = ['server', 'scenario', 'verdict', 'failover', 'failover wanted', 'total']
/** Columns that give way in a narrow terminal. */
const FLEXIBLE = [0, 1, 3, 4]
const NARROWEST = 9

/**
 * A run over several servers side by side: the verdict of each scenario, and how long its failovers took, unwanted ones
 * from the fault to the new master, wanted ones from the first CLUSTER FAILOVER. No lines for a run on one server.
 */
export function serverTable(run: RunReport, style: OutputStyle, paint: Paint): string[] {
  const played = run.scenarios.filter(({ verdict }) => verdict !== 'skipped')
  const servers = new Set(played.map(({ server, platform }) => `${server} ${platform}`))
  if (servers.size < 2) return []
  const rows = played.map(serverRow)
  const widths = columnWidths(rows, style.width)
  const headings = HEADINGS.map((text, column) => ({
    text: wrap(text, widths[column] ?? NARROWEST).join('\n'),
    align: 'left' as const,
    width: widths[column] ?? NARROWEST,
  }))
  const cells = rows.map((row) => row.map((text, column) => wrap(text, widths[column] ?? NARROWEST).join('\n')))
  return ['Failover times by server', '', ...textTable(headings, cells, paint)]
}

function serverRow({ server, platform, id, client, repeat, verdict, failovers, durationMs }: ScenarioReport): string[] {
  const times = (wanted: boolean) =>
    failovers
      .filter((failover) => failover.outcome === 'promoted' && failover.wanted === wanted)
      .map(({ totalMs }) => formatDuration(totalMs))
      .join(', ') || '-'
  const { mark, word } = VERDICT_LOOKS[verdict]
  const total = formatDuration(durationMs)
  const through = client === undefined ? id : `${id} through ${client}`
  const what = oneLine(visible(repeat === undefined ? through : `${through}, repeat ${repeat.number}`))
  return [oneLine(`${server} · ${platform}`), what, `${mark} ${word}`, times(false), times(true), total]
}

/** As wide as the texts are; where that is too much, the widest of those that may give way. */
function columnWidths(rows: readonly string[][], total: number): number[] {
  const widths = HEADINGS.map((heading, column) =>
    Math.max(displayWidth(heading), ...rows.map((row) => displayWidth(row[column] ?? ''))),
  )
  const room = total - MARGIN - GAP * (HEADINGS.length - 1)
  for (let over = sum(widths) - room; over > 0; over -= 1) {
    const widest = FLEXIBLE.toSorted((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0))[0] ?? 0
    widths[widest] = Math.max((widths[widest] ?? 0) - 1, NARROWEST)
  }
  return widths
}

function sum(widths: readonly number[]): number {
  return widths.reduce((all, width) => all + width, 0)
}
