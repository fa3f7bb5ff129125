import { formatDuration } from '../../../base/duration.ts'
import type { Suspicion } from '../../../results/failovers/suspicions.ts'
import type { TimelineMoment } from '../../../results/failovers/timeline.ts'
import type { FailoverReport, ScenarioReport } from '../../../results/report-model.ts'
import { failoverTitle, suspicionText } from '../../failover-lines.ts'
import { allPhases, lastedMs } from '../../failover-phases.ts'
import { toldFailovers } from '../../failover-tries.ts'
import { html, type Markup, prose, zoom } from '../markup.ts'

const COLORS = 8

const SOURCES: Readonly<Record<TimelineMoment['source'], string>> = {
  log: 'log of',
  views: 'view of',
  probe: 'writes tried',
  run: 'the run itself',
}

/** Where the seconds of each failover went, and who was suspected in vain. Nothing where there was neither. */
export function failoversSection({ failovers, suspicions = [] }: ScenarioReport): Markup | undefined {
  if (failovers.length === 0 && suspicions.length === 0) return undefined
  return html`<section id="failovers" aria-labelledby="failovers-title"><h2 id="failovers-title">Failovers</h2>${toldFailovers(failovers).map(failoverBlock)}${suspicions.map(suspicionBlock)}</section>`
}

function suspicionBlock(suspicion: Suspicion): Markup {
  const { startMs, durationMs } = suspicion
  const text = suspicionText(suspicion)
  return html`<p class="dim">${prose(text)} ${zoom(startMs, startMs + durationMs, text)}</p>`
}

function failoverBlock(failover: FailoverReport, place: number): Markup {
  const { startMs, summary, incidents } = failover
  const title = failoverTitle(failover)
  return html`<h3>${prose(title)} ${zoom(startMs, startMs + lastedMs(failover), title)}</h3>
<p>${prose(summary)}.</p>
${incidents.map((text) => html`<p class="problem inconclusive">${prose(text)}</p>`)}
${phaseBar(failover)}
${momentTable(failover, `failover ${place + 1}`)}`
}

/** The phases as parts of the whole, each as wide as it took; a failover that came to nothing is open at its end. */
function phaseBar(failover: FailoverReport): Markup | undefined {
  const wholeMs = lastedMs(failover)
  const phases = allPhases(failover)
  if (phases.length === 0 || wholeMs <= 0) return undefined
  return html`<div class="phases">${phases.map(
    ({ name, durationMs, open }, place) =>
      html`<span class="${open === true ? 'phase-open' : `phase-${place % COLORS}`}" style="flex:0 0 ${((durationMs / wholeMs) * 100).toFixed(3)}%" title="${name}: ${formatDuration(durationMs)}">${name}</span>`,
  )}</div>`
}

/** Every moment with the time since the one before it, how sure that is, and where it is from. */
function momentTable({ moments, phases, startMs }: FailoverReport, name: string): Markup | undefined {
  if (moments.length === 0) return undefined
  const rows = moments.map((moment) => {
    const phase = phases.find((one) => Math.abs(one.startMs + one.durationMs - moment.atMs) < 0.5)
    return html`<tr><td>${moment.name}</td><td class="number">${formatDuration(Math.max(moment.atMs - startMs, 0))}</td>
<td class="number">± ${formatDuration(moment.errorMs)}</td><td>${phase !== undefined && `${phase.name}: ${formatDuration(phase.durationMs)}`}</td>
<td>${SOURCES[moment.source]} ${moment.node}<div class="dim small">${moment.text}</div></td></tr>`
  })
  return html`<details><summary>Its moments, and where each is from</summary><div class="scroll" tabindex="0" role="region" aria-label="Moments of ${name}"><table>
<thead><tr><th scope="col">moment</th><th scope="col" class="number">after</th><th scope="col" class="number">off by</th><th scope="col">phase that ended</th><th scope="col">source</th></tr></thead>
<tbody>${rows}</tbody></table></div></details>`
}
