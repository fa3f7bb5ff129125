import { groupBy } from '../base/group.ts'
import { oneLine, visible, wrap } from '../base/text.ts'
import type { RunReport, ScenarioReport } from '../results/report-model.ts'
import type { OutputStyle, Paint } from './style.ts'
import { GAP, MARGIN, textTable } from './text-table.ts'
import { VERDICT_LOOKS } from './verdicts.ts'

const HEADINGS = ['from', 'to', 'result', 'why']
const NAME_WIDTH = 11
const RESULT_WIDTH = 12

/**
 * A run of upgrades as a table: for each scenario with the params `from` and `to` whether it works, is refused by a
 * server and why, or loses what. No lines for a run that is none.
 */
export function upgradeTable(run: RunReport, style: OutputStyle, paint: Paint): string[] {
  const upgrades = run.scenarios.filter(
    ({ params }) => typeof params.from === 'string' && typeof params.to === 'string',
  )
  const played = [...groupBy(upgrades, ({ id }) => id)].filter(([, own]) => own.length > 1)
  const rest = Math.max(20, style.width - MARGIN - 3 * GAP - 2 * NAME_WIDTH - RESULT_WIDTH)
  const widths = [NAME_WIDTH, NAME_WIDTH, RESULT_WIDTH, rest]
  const headings = HEADINGS.map((text, column) => ({ text, align: 'left' as const, width: widths[column] ?? rest }))
  return played.flatMap(([id, own], index) => [
    ...(index > 0 ? [''] : []),
    `Upgrades by ${id}`,
    '',
    ...textTable(
      headings,
      own.map((one) => rowOf(one, rest)),
      paint,
    ),
  ])
}

function rowOf(scenario: ScenarioReport, whyWidth: number): string[] {
  const { from, to } = scenario.params
  const { result, why } = upgradeResult(scenario)
  return [visible(String(from)), visible(String(to)), result, wrap(oneLine(visible(why)), whyWidth).join('\n')]
}

/** What became of an upgrade, in a word, and why. */
export function upgradeResult(scenario: ScenarioReport): { result: string; why: string } {
  const { verdict, checks, steps, reason = '' } = scenario
  if (verdict === 'passed') return { result: 'works', why: '' }
  const lost = checks.find((check) => check.name === 'lost_writes' && check.verdict === 'failed')
  if (lost) return { result: 'loses', why: lost.explanation }
  const unread = steps.find((step) => step.verb === 'verify' && step.verdict === 'failed')
  if (unread) return { result: 'loses', why: unread.error?.message ?? reason }
  const refusal = steps.find(({ error }) => error?.cause !== undefined && REFUSED.test(error.cause))?.error?.cause
  if (refusal !== undefined) return { result: 'refuses', why: refusal }
  return { result: VERDICT_LOOKS[verdict].word, why: reason }
}

/** A server that ended when it was started as another one, that could not load its master's data, or that heard nothing. */
const REFUSED = /^\S+ (?:ended: |refused the data of its master: |\(.*?\) reads no packet of )/
