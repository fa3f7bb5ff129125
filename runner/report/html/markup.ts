import { typed } from '../../base/command-line.ts'
import { quoted } from '../../base/shell-words.ts'
import { visible } from '../../base/text.ts'
import type { RunReport, ScenarioReport } from '../../results/report-model.ts'
import { type AnyVerdict, VERDICT_LOOKS } from '../verdicts.ts'

/** Text that is HTML already. Everything else is escaped where it goes into a page. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What a template takes: text is escaped, lists are joined, nothing (undefined, false, null) leaves nothing. */
export type Content = Markup | string | number | undefined | null | false | readonly Content[]

/** HTML, with all that is put into it escaped: replies of servers and names in scenarios may be anything. */
export function html(parts: TemplateStringsArray, ...contents: Content[]): Markup {
  const rest = contents.map((content, index) => render(content) + (parts[index + 1] ?? ''))
  return new Markup((parts[0] ?? '') + rest.join(''))
}

function render(content: Content): string {
  if (content instanceof Markup) return content.text
  if (typeof content === 'object' && content !== null) return content.map(render).join('')
  if (content === undefined || content === null || content === false) return ''
  return escapeHtml(String(content))
}

/**
 * A message as people read it: what stands in backticks is code. Everything is escaped; a backtick without its pair
 * stays.
 */
export function prose(text: string): Markup {
  const parts = text.split(/`([^`\s](?:[^`\n]*[^`\s])?)`/)
  return html`${parts.map((part, place) => (place % 2 === 1 ? html`<code>${part}</code>` : part))}`
}

/** Text as HTML shows it, also within a quoted attribute. */
export function escapeHtml(text: string): string {
  return visible(text, '\n\t')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

/** JSON for a script of a page: its texts are as the page shows others, control characters visible. */
export function shownJson(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => (typeof item === 'string' ? visible(item, '\n\t') : item))
}

/** The same within a `script` element: nothing in it can end the element. */
export function scriptJson(value: unknown): Markup {
  return new Markup(
    shownJson(value).replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029'),
  )
}

/** A verdict as a word with its mark: told without color too. */
export function badge(verdict: AnyVerdict, word = VERDICT_LOOKS[verdict].word): Markup {
  return html`<span class="badge ${verdict}"><span aria-hidden="true">${VERDICT_LOOKS[verdict].mark}</span> ${word}</span>`
}

/** A command for people to paste. */
export function command(text: string, name: string): Markup {
  return html`<div class="command"><code tabindex="0" aria-label="${name}">${text}</code><button type="button" class="copy">Copy</button></div>`
}

/** `name` and what it is, where it is known. */
export function pairs(facts: readonly (readonly [name: string, value: string | Markup | undefined])[]): Markup {
  const known = facts.filter(([, value]) => value !== undefined && value !== '')
  return html`<dl class="pairs">${known.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`
}

const NO_COMMAND = html`<p>The record has no command that this program writes.</p>`

/** The commands that play a scenario of a run again: as part of the whole run, and alone where the run has others. */
export function runAgain(run: RunReport, scenario: ScenarioReport): Markup {
  const whole = run.command === '' ? NO_COMMAND : command(run.command, 'The command that runs it again')
  const { played, platform, asked, programs } = scenario
  if (run.scenarios.length === 1 || played === undefined) return whole
  const allowed = (run.allowed ?? []).flatMap((name) => ['--allow', name])
  const flags = [
    ...['--platform', platform],
    ...(asked === undefined ? [] : ['--server', asked]),
    ...allowed,
    // They lie beside the scenario that was played, and not beside what the run left of it.
    ...(programs === undefined ? [] : ['--programs', programs]),
  ].map(quoted)
  const alone = typed('run', [quoted(`${run.folder}/${played}`)], flags)
  return html`<p>This one alone, as it was played:</p>
${command(alone, 'The command that runs this one again')}
<p>The whole run:</p>
${whole}`
}

/** Shows the timeline around it, and with it the log. */
export function zoom(fromMs: number, toMs: number, what: string): Markup {
  return html`<button type="button" class="link" data-from="${fromMs}" data-to="${toMs}" aria-label="Show ${what} on the timeline">show</button>`
}

/** Buttons that move the time axis, and the moments it can go to. */
export function controls(id: string): Markup {
  return html`<div class="controls">
<label for="${id}-moment">Go to <select class="moments" id="${id}-moment"><option value="">the whole run</option></select></label>
<button type="button" data-move="in" aria-label="Zoom in">+</button>
<button type="button" data-move="out" aria-label="Zoom out">−</button>
<button type="button" data-move="back" aria-label="Earlier">←</button>
<button type="button" data-move="on" aria-label="Later">→</button>
<button type="button" data-move="whole">Whole run</button>
<span class="span" role="status"></span>
</div>`
}
