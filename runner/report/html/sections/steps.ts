import { formatDuration, formatLimit } from '../../../base/duration.ts'
import { plural } from '../../../base/text.ts'
import type { StepReport } from '../../../results/report-model.ts'
import { type StepRow, stepRows } from '../../step-rows.ts'
import { badge, type Content, html, type Markup, prose, zoom } from '../markup.ts'

/** Every step with its verdict, its times, and how it was seen to have worked. */
export function stepsSection(steps: readonly StepReport[]): Markup {
  return stepsTable(stepRows(steps).map(rowOf))
}

export function stepsTable(rows: Content): Markup {
  return html`<section id="steps" aria-labelledby="steps-title"><h2 id="steps-title">Steps</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Table of steps"><table class="blocks">
<thead><tr><th scope="col">#</th><th scope="col">verdict</th><th scope="col">step</th><th scope="col" class="number">at</th><th scope="col" class="number">took</th><th scope="col" class="number">limit</th><th scope="col"><span class="sr">timeline</span></th></tr></thead>
<tbody>${rows}</tbody></table></div></section>`
}

export function rowOf(row: StepRow): Markup {
  if (row.kind === 'not-run') {
    const range = `${row.steps[0]?.path ?? ''}–${row.steps.at(-1)?.path ?? ''}`
    return html`<tr><td>${range}</td><td>${badge('not-run')}</td><td colspan="5">${plural(row.steps.length, 'step')}</td></tr>`
  }
  if (row.kind === 'iterations') return iterationsRow(row)
  return stepRow(row.step)
}

/** Rounds that all passed: one line, and the steps inside on request. */
function iterationsRow({ repeat, first, last, steps }: StepRow & { kind: 'iterations' }): Markup {
  const from = Math.min(...steps.map(({ startMs = 0 }) => startMs))
  const to = Math.max(...steps.map(({ startMs = 0, durationMs }) => startMs + durationMs))
  return html`<tr><td>${repeat}#${first}–${last}</td><td>${badge('passed')}</td>
<td class="what">rounds ${first} to ${last} all passed (${plural(steps.length, 'step')})</td>
<td class="number" data-label="at">${at(from)}</td><td class="number" data-label="took">${formatDuration(to - from)}</td><td></td><td>${zoom(from, to, `rounds ${first} to ${last}`)}</td></tr>`
}

function stepRow(step: StepReport): Markup {
  const { path, depth, verdict, name, phase, startMs, durationMs, limitMs } = step
  const bad = !['passed', 'skipped', 'not-run'].includes(verdict)
  return html`<tr id="step-${path}"${bad && html` class="bad"`}><td>${path}</td><td>${badge(verdict)}</td>
<td class="what" style="--depth:${depth}">${prose(name)}${phase !== undefined && html` <span class="badge">${phase}</span>`}${notesOf(step)}</td>
<td class="number" data-label="at">${startMs !== undefined && at(startMs)}</td><td class="number" data-label="took">${verdict !== 'not-run' && formatDuration(durationMs)}</td>
<td class="number" data-label="limit">${limitMs !== undefined && formatLimit(limitMs)}</td><td>${startMs !== undefined && zoom(startMs, startMs + durationMs, `step ${path}`)}</td></tr>`
}

function notesOf({ proof, note, trueAfterMs, attempts, lastSeen, targets, error }: StepReport): Content {
  const lines = [
    error?.message,
    ...(error?.details ?? []),
    error?.hint === undefined ? undefined : `What next: ${error.hint}`,
    proof === undefined ? undefined : `Proof: ${proof}`,
    note,
    trueAfterMs === undefined
      ? undefined
      : `True after ${formatDuration(trueAfterMs)}${attempts === undefined ? '' : `, ${plural(attempts, 'look')}`}`,
    // What failed says it already.
    lastSeen === undefined || error?.message.includes(lastSeen) ? undefined : `Last seen: ${lastSeen}`,
    targets === undefined || targets.length === 0 ? undefined : `On ${targets.join(', ')}`,
  ].filter((line) => line !== undefined)
  return lines.map((line) => html`<div class="dim small">${prose(line)}</div>`)
}

function at(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}
