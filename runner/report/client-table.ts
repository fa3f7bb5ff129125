import { displayWidth, oneLine, visible, wrap } from '../base/text.ts'
import type { ClientSummary } from '../record/client-summary.ts'
import type { RunReport, ScenarioReport } from '../results/report-model.ts'
import { apartFrom } from './play-names.ts'
import type { OutputStyle, Paint } from './style.ts'
import { GAP, MARGIN, textTable } from './text-table.ts'
import { VERDICT_LOOKS } from './verdicts.ts'

/** What is told of each client, in every report. `after`: the client's outage less the servers'. */
export const CLIENT_HEADINGS = [
  'client',
  'server outage',
  'client outage',
  'after servers',
  'errors',
  'stuck',
  'reconnects',
]
const NARROWEST = 8
/** Longer words are broken where there is no room; a column is made as wide as its others. */
const LONGEST_WORD = 24
/** Columns that give way first: the client, and its errors. */
const WORDY = [0, 4]
/** In place of a blank at which no cell is broken. */
const GLUE = '\u00a0'

/** What came of one client in one scenario. */
export interface ClientRow {
  scenario: ScenarioReport
  /** Place of the scenario in the run. */
  place: number
  /** In the order of `CLIENT_HEADINGS`. */
  cells: string[]
}

/**
 * A row for each client library that a workload went through, told from others by scenario, server, platform and repeat
 * where a run has several. A scenario that came to no end has one that says so.
 */
export function clientRows({ scenarios }: RunReport): ClientRow[] {
  const several = new Set(scenarios.map(({ id }) => id)).size > 1
  const apart = apartFrom(scenarios)
  return scenarios.flatMap((scenario, place) => {
    const { clients = [], client, id, verdict } = scenario
    const of = [...(several ? [id] : []), ...(apart[place] ?? [])]
    if (clients.length === 0 && client !== undefined) {
      const none = CLIENT_HEADINGS.slice(1).map((_, column) => (column === 0 ? VERDICT_LOOKS[verdict].word : '-'))
      return [{ scenario, place, cells: [[client, ...of].map(plain).join(' · '), ...none] }]
    }
    return clients.map((summary) => {
      const which = clients.length > 1 ? [...of, summary.workload] : of
      return { scenario, place, cells: cellsOf(summary, which) }
    })
  })
}

function cellsOf(summary: ClientSummary, which: readonly string[]): string[] {
  const { client, library, version = '', serverOutage, clientOutage, recovery, errors, stuck, reconnects } = summary
  const of = library === undefined ? '' : ` (${client})`
  const name = [`${`${library ?? client} ${version}`.trim()}${of}`, ...which].map(plain).join(' · ')
  const measures = [serverOutage, clientOutage, recovery].map(({ text }) => plain(text))
  return [name, ...measures, errorsText(errors), plain(stuck.text), plain(reconnects.text)]
}

function errorsText(errors: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(errors).sort(([, a], [, b]) => b - a)
  return sorted.map(([name, count]) => `${count} ${plain(name)}`).join(', ') || 'none'
}

function plain(text: string): string {
  return oneLine(visible(text))
}

/** The clients of a run side by side. No lines for a run in which no workload went through a client library. */
export function clientTable(run: RunReport, style: OutputStyle, paint: Paint): string[] {
  const rows = clientRows(run).map(({ cells }) => cells.map(glued))
  if (rows.length === 0) return []
  const widths = columnWidths(rows, style.width)
  const narrow = (text: string, column: number) =>
    wrap(text, widths[column] ?? NARROWEST)
      .join('\n')
      .replaceAll(GLUE, ' ')
  const headings = CLIENT_HEADINGS.map((text, column) => {
    return { text: narrow(text, column), align: 'left' as const, width: widths[column] ?? NARROWEST }
  })
  const table = textTable(
    headings,
    rows.map((row) => row.map(narrow)),
    paint,
  )
  return ['Clients', '', ...table]
}

/** A number is not parted from its unit: `8.94 s`, `± 276 ms`, `72 timeout`. */
function glued(text: string, column: number): string {
  return column === 0 ? text : text.replace(/(?<=\d) (?=\p{L})|(?<=±) /gu, GLUE)
}

/** As wide as the texts are; where that is too much, the widest give way: between words as long as that will do. */
function columnWidths(rows: readonly string[][], total: number): number[] {
  const texts = CLIENT_HEADINGS.map((heading, column) => [heading, ...rows.map((row) => row[column] ?? '')])
  const widths = texts.map((own) => Math.max(NARROWEST, ...own.map(displayWidth)))
  const words = texts.map((own) => own.flatMap((text) => text.split(' ')).map(displayWidth))
  const least = words.map((own) => Math.max(NARROWEST, Math.min(LONGEST_WORD, Math.max(...own))))
  const room = total - MARGIN - GAP * (widths.length - 1)
  const all = [...widths.keys()]
  giveWay(widths, WORDY, { least, room })
  giveWay(widths, all, { least, room })
  giveWay(widths, all, { least: widths.map(() => NARROWEST), room })
  return widths
}

/** Makes the widest of these columns narrower, until all have room or none can be. */
function giveWay(
  widths: number[],
  columns: readonly number[],
  { least, room }: { least: readonly number[]; room: number },
): void {
  const widthOf = (column: number) => widths[column] ?? 0
  for (let over = widths.reduce((sum, width) => sum + width, 0) - room; over > 0; over -= 1) {
    const able = columns.filter((column) => widthOf(column) > (least[column] ?? 0))
    const [widest] = able.toSorted((a, b) => widthOf(b) - widthOf(a))
    if (widest === undefined) return
    widths[widest] = widthOf(widest) - 1
  }
}
