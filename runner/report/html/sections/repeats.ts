import type { MeasureReport, RepeatReport, RunReport } from '../../../results/report-model.ts'
import type { Histogram } from '../../../results/samples.ts'
import { measureTexts, repeatName, repeatVerdict, writeMeasure } from '../../repeat-lines.ts'
import { VERDICT_LOOKS } from '../../verdicts.ts'
import { html, type Markup } from '../markup.ts'

const BAR = { width: 14, gap: 2, height: 36 }

/** What was measured of scenarios that were played several times. Nothing where none was. */
export function repeatsSection(run: RunReport, pageOf: (place: number) => string): Markup | undefined {
  const { repeats = [] } = run
  if (repeats.length === 0) return undefined
  return html`<section id="repeats" aria-labelledby="repeats-title"><h2 id="repeats-title">Repeats</h2>${repeats.map((repeat) => repeatBlock(run, repeat, pageOf))}</section>`
}

function repeatBlock(run: RunReport, repeat: RepeatReport, pageOf: (place: number) => string): Markup {
  const name = repeatName(repeat)
  const links = repeat.plays.map((place, number) => {
    const verdict = run.scenarios[place]?.verdict ?? 'interrupted'
    return html`<a href="${pageOf(place)}" aria-label="repeat ${number + 1}, ${VERDICT_LOOKS[verdict].word}">${VERDICT_LOOKS[verdict].mark}&nbsp;${number + 1}</a> `
  })
  return html`<h3>${name}${repeat.flaky && html` <span class="badge flaky">flaky</span>`}</h3>
<p>${repeatVerdict(repeat, run)}. ${links}</p>
${repeat.measures.length > 0 && measureTable(name, repeat.measures)}`
}

function measureTable(name: string, measures: readonly MeasureReport[]): Markup {
  const rows = measures.map((measure) => {
    const { name: what, median, p95, range } = measureTexts(measure)
    return html`<tr><th scope="row">${what}</th><td class="number">${median}</td><td class="number">${p95}</td><td class="number">${range}</td><td class="number">${measure.count}</td><td>${histogramPicture(measure.histogram, measure.unit)}</td></tr>`
  })
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Measures of ${name}"><table>
<thead><tr><th scope="col">measure</th><th scope="col" class="number">median</th><th scope="col" class="number">p95</th><th scope="col" class="number">range</th><th scope="col" class="number">samples</th><th scope="col">spread</th></tr></thead><tbody>${rows}</tbody></table></div>`
}

/** Bars of equal width; told in words to those who do not see them. */
function histogramPicture({ from, to, counts }: Histogram, unit: 'ms' | 'count'): Markup {
  const most = Math.max(...counts, 1)
  const width = (to - from) / counts.length
  const labels = counts
    .map((count, bin) => `${count} from ${writeMeasure(from + bin * width, unit)}`)
    .filter((_, bin) => (counts[bin] ?? 0) > 0)
  const bars = counts.map((count, bin) => {
    const height = count === 0 ? 1 : Math.max((count / most) * BAR.height, 3)
    return html`<rect x="${bin * (BAR.width + BAR.gap)}" y="${(BAR.height - height).toFixed(1)}" width="${BAR.width}" height="${height.toFixed(1)}" rx="1.5"></rect>`
  })
  const size = counts.length * (BAR.width + BAR.gap)
  return html`<svg class="histogram" role="img" aria-label="${labels.join(', ')}" width="${size}" height="${BAR.height}" viewBox="0 0 ${size} ${BAR.height}">${bars}</svg>`
}
