import { plural } from '../../../base/text.ts'
import { type Comparison, type ComparisonVerdict, METRICS } from '../../../record/comparison.ts'
import type { RunReport } from '../../../results/report-model.ts'
import { summaryOf } from '../../../results/samples.ts'
import { repeatName, writeMeasure } from '../../repeat-lines.ts'
import type { AnyVerdict } from '../../verdicts.ts'
import { badge, html, type Markup } from '../markup.ts'

const LOOKS: Readonly<Record<ComparisonVerdict, [look: AnyVerdict, word: string]>> = {
  regressed: ['failed', 'regressed'],
  improved: ['passed', 'faster'],
  same: ['passed', 'no regression'],
  'too-few': ['inconclusive', 'too few'],
  missing: ['skipped', 'not in it'],
}

/** How the run stands beside a baseline. Nothing where it was not asked to. */
export function baselineSection({ baseline }: RunReport): Markup | undefined {
  if (baseline === undefined) return undefined
  if (baseline.nights !== undefined) return nightsSection(baseline)
  const { file, savedAt, comparisons } = baseline
  return html`<section id="baseline" aria-labelledby="baseline-title"><h2 id="baseline-title">Beside the baseline</h2>
<p class="dim">${file} of ${savedAt}. A regression is significant (Mann–Whitney, two-sided, p below 0.01 after Holm's correction for all that is compared here) and large enough to matter.</p>
${table(comparisons, 'play')}</section>`
}

/** A night beside those before it: what has changed first, the rest folded away. */
function nightsSection(baseline: NonNullable<RunReport['baseline']>): Markup {
  const changed = baseline.comparisons.filter(({ verdict }) => verdict !== 'same')
  const rest = baseline.comparisons.filter(({ verdict }) => verdict === 'same')
  return html`<section id="baseline" aria-labelledby="baseline-title"><h2 id="baseline-title">Beside the nights before</h2>
<p>${baseline.nights?.summary}</p>
${[...(baseline.nights?.unsteady ?? []), ...(baseline.nights?.flaky ?? [])].map((sentence) => html`<p>${sentence}</p>`)}
${changed.length > 0 && table(changed, 'night')}
${rest.length > 0 && html`<details><summary>${plural(rest.length, 'measure')} as before</summary>${table(rest, 'night')}</details>`}</section>`
}

/** `before`: what the numbers of the baseline are of. */
function table(comparisons: readonly Comparison[], before: 'play' | 'night'): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${comparisons.some(({ verdict }) => verdict === 'same') ? 'Comparisons' : 'Comparisons that found a change'}"><table class="blocks">
<thead><tr><th scope="col">verdict</th><th scope="col">measure</th><th scope="col" class="number">baseline</th><th scope="col" class="number">now</th><th scope="col" class="number">p</th></tr></thead>
<tbody>${comparisons.map((one) => row(one, before))}</tbody></table></div>`
}

function row(comparison: Comparison, before: 'play' | 'night'): Markup {
  const { verdict, metric, samples, baseline, p, sentence } = comparison
  const [look, word] = LOOKS[verdict]
  return html`<tr${verdict === 'regressed' && html` class="bad"`}><td>${badge(look, word)}</td>
<td class="what">${repeatName(comparison)}: ${METRICS[metric].name}<div class="dim small">${sentence}</div></td>
<td class="number" data-label="baseline">${inShort(baseline, metric, before)}</td><td class="number" data-label="now">${inShort(samples, metric, 'play')}</td><td class="number" data-label="p">${p?.toPrecision(2)}</td></tr>`
}

/** `2.34 s, 8 nights`: the median, and of how many. */
function inShort(samples: readonly number[], metric: Comparison['metric'], unit: 'play' | 'night'): string {
  const summary = summaryOf(samples)
  return summary === undefined
    ? '–'
    : `${writeMeasure(summary.median, METRICS[metric].unit)}, ${plural(summary.count, unit)}`
}
