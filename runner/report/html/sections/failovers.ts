import { formatDuration } from '../../../record/duration.ts'
import type { FailoverReport } from '../../report-model.ts'
import { html, type Markup } from '../markup.ts'
import { zoom } from './steps.ts'

const COLOURS = 8

/** Where the seconds of each failover went. Nothing where there was none. */
export function failoversSection(failovers: readonly FailoverReport[]): Markup | undefined {
  if (failovers.length === 0) return undefined
  return html`<section id="failovers" aria-labelledby="failovers-title"><h2 id="failovers-title">Failovers</h2>${failovers.map(failoverBlock)}</section>`
}

/** `shard 1: redis-node0 → redis-node1`. */
export function failoverName({ shard, from, to }: FailoverReport): string {
  return `shard ${shard}: ${from === '' ? '' : `${from} → `}${to}`
}

function failoverBlock(failover: FailoverReport): Markup {
  const { cause, startMs, totalMs, phases } = failover
  return html`<h3>${failoverName(failover)}: ${formatDuration(totalMs)}</h3>
<p class="dim">by ${cause} ${zoom(startMs, startMs + totalMs, `failover of ${failoverName(failover)}`)}</p>
${phases.length > 0 && phaseBar(failover)}`
}

function phaseBar({ phases, totalMs }: FailoverReport): Markup {
  const whole = Math.max(
    totalMs,
    ...phases.map(({ startMs, durationMs }) => startMs + durationMs - (phases[0]?.startMs ?? 0)),
    1,
  )
  return html`<div class="phases" aria-hidden="true">${phases.map(
    ({ name, durationMs }, place) =>
      html`<span class="phase-${place % COLOURS}" style="flex:0 0 ${((durationMs / whole) * 100).toFixed(3)}%" title="${name}">${name}</span>`,
  )}</div>
<div class="scroll" tabindex="0" role="region" aria-label="Phases of the failover"><table><thead><tr><th scope="col">phase</th><th scope="col" class="number">took</th><th scope="col"><span class="sr">timeline</span></th></tr></thead>
<tbody>${phases.map(
    ({ name, startMs, durationMs }) =>
      html`<tr><td>${name}</td><td class="number">${formatDuration(durationMs)}</td><td>${zoom(startMs, startMs + durationMs, name)}</td></tr>`,
  )}</tbody></table></div>`
}
