import type { ScenarioReport, StepReport } from '../../../results/report-model.ts'
import { type StepRow, stepRows } from '../../step-rows.ts'
import { html, type Markup } from '../markup.ts'
import { rowOf, stepsTable } from '../sections/steps.ts'

/** So many steps that are still to come are shown one by one. */
const MOST_WAITING = 40

/**
 * The steps while they are played: what is done as in the report, then what is under way and what it sees, then what is
 * to come. `running`: what each step that is under way saw last, by its path.
 */
export function liveStepsSection(
  { steps }: Pick<ScenarioReport, 'steps'>,
  running: ReadonlyMap<string, string | undefined>,
): Markup {
  return stepsTable(stepRows(steps).map((row) => liveRow(row, running)))
}

function liveRow(row: StepRow, running: ReadonlyMap<string, string | undefined>): Markup | Markup[] {
  if (row.kind === 'not-run') {
    const shown = row.steps.slice(0, MOST_WAITING).map(waitingRow)
    const more = row.steps.length - MOST_WAITING
    return more > 0
      ? [...shown, html`<tr><td></td><td></td><td colspan="5" class="dim">and ${more} more</td></tr>`]
      : shown
  }
  if (row.kind === 'iterations') return rowOf(row)
  const { step } = row
  if (step.verdict === 'not-run') return waitingRow(step)
  return running.has(step.path) ? runningRow(step, running.get(step.path)) : rowOf(row)
}

function runningRow(step: StepReport, seen: string | undefined): Markup {
  const { path, startMs = 0 } = step
  return html`<tr id="step-${path}" class="running"><td>${path}</td><td>${liveBadge('running')}</td>${nameCell(step, seen)}
<td class="number">${(startMs / 1000).toFixed(2)} s</td><td class="number"><span data-since="${startMs}"></span></td><td></td><td></td></tr>`
}

function waitingRow(step: StepReport): Markup {
  return html`<tr id="step-${step.path}"><td>${step.path}</td><td>${liveBadge('waiting')}</td>${nameCell(step)}
<td></td><td></td><td></td><td></td></tr>`
}

function nameCell({ depth, name, phase }: StepReport, seen?: string): Markup {
  return html`<td style="padding-left:${0.6 + depth * 1.2}rem">${name}${phase !== undefined && html` <span class="badge">${phase}</span>`}${seen !== undefined && html`<div class="dim small">${seen}</div>`}</td>`
}

const MARKS = { running: '▶', waiting: '·', silent: '■' }

/** What goes on, as a word with its mark, like a verdict. */
export function liveBadge(state: keyof typeof MARKS, word: string = state): Markup {
  return html`<span class="badge ${state}"><span aria-hidden="true">${MARKS[state]}</span> ${word}</span>`
}
