import { formatDuration } from '../../../base/duration.ts'
import { plural } from '../../../base/text.ts'
import type { StepVerdict } from '../../../record/events.ts'
import type { ScenarioReport, StepReport } from '../../../results/report-model.ts'
import { VERDICT_LOOKS } from '../../verdicts.ts'
import { html, type Markup } from '../markup.ts'

/** From good to bad: a line that was played several times is marked by its worst. */
const ORDER: readonly StepVerdict[] = ['not-run', 'passed', 'skipped', 'interrupted', 'inconclusive', 'error', 'failed']

/** The scenario as it was written, with what became of each line. Nothing where its text was not recorded. */
export function sourceSection({ source = [], steps }: ScenarioReport): Markup | undefined {
  if (source.length === 0) return undefined
  return html`<section id="scenario" aria-labelledby="scenario-title"><h2 id="scenario-title">Scenario</h2>
${source.map(({ path, text }) =>
  fileBlock(
    path,
    text,
    steps.filter(({ file }) => file === path),
  ),
)}</section>`
}

function fileBlock(path: string, text: string, steps: readonly StepReport[]): Markup {
  const byLine = new Map<number, StepReport[]>()
  for (const step of steps) byLine.set(step.line, [...(byLine.get(step.line) ?? []), step])
  const lines = text.replace(/\n$/, '').split('\n')
  return html`<h3>${path}</h3><div class="source" tabindex="0" role="region" aria-label="${path}"><table><thead class="sr"><tr><th scope="col">line</th><th scope="col">verdict</th><th scope="col">text</th><th scope="col">time</th></tr></thead>
<tbody>${lines.map((line, place) => lineRow(line, place + 1, byLine.get(place + 1)))}</tbody></table></div>`
}

function lineRow(line: string, number: number, steps: readonly StepReport[] | undefined): Markup {
  if (steps === undefined) return html`<tr><td>${number}</td><td></td><td>${colored(line)}</td><td></td></tr>`
  const worst = steps.reduce(
    (sofar, { verdict }) => (rank(verdict) > rank(sofar) ? verdict : sofar),
    firstVerdict(steps),
  )
  const { mark, word } = VERDICT_LOOKS[worst]
  return html`<tr class="${worst}"><td>${number}</td><td><span aria-hidden="true">${mark}</span><span class="sr">${word}</span></td><td>${colored(line)}</td><td>${times(steps)}</td></tr>`
}

function times(steps: readonly StepReport[]): string {
  const played = steps.filter(({ verdict }) => verdict !== 'not-run')
  if (played.length === 0) return 'not run'
  const total = formatDuration(played.reduce((sum, { durationMs }) => sum + durationMs, 0))
  return played.length === 1 ? total : `${total}, ${plural(played.length, 'time')}`
}

function firstVerdict(steps: readonly StepReport[]): StepVerdict {
  return steps[0]?.verdict ?? 'not-run'
}

function rank(verdict: StepVerdict): number {
  return ORDER.indexOf(verdict)
}

/** Comments and keys of a YAML line stand out. */
function colored(line: string): Markup {
  if (/^\s*#/.test(line)) return html`<span class="comment">${line}</span>`
  const parts = /^(\s*(?:- )?)([\w-]+:)(.*?)(\s#.*)?$/s.exec(line)
  if (parts === null) return html`${line}`
  const [, indent, key, rest, comment] = parts
  return html`${indent}<span class="key">${key}</span>${rest}${comment !== undefined && html`<span class="comment">${comment}</span>`}`
}
