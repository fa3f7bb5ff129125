import { plural } from '../../../base/text.ts'
import type { WitnessOperation } from '../../../record/check-outcome.ts'
import { loadLines } from '../../../results/load-sent.ts'
import type { CheckReport } from '../../../results/report-model.ts'
import type { AnyVerdict } from '../../verdicts.ts'
import { badge, html, type Markup, prose, zoom } from '../markup.ts'

/** Every check with its limit, what was found, and the operations that prove it. Nothing where there are no checks. */
export function checksSection(checks: readonly CheckReport[]): Markup | undefined {
  if (checks.length === 0) return undefined
  return html`<section id="checks" aria-labelledby="checks-title"><h2 id="checks-title">Checks</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Table of checks"><table class="blocks">
<thead><tr><th scope="col">verdict</th><th scope="col">check</th><th scope="col">limit</th><th scope="col">found</th><th scope="col" class="number">samples</th></tr></thead>
<tbody>${checks.map(checkRow)}</tbody></table></div>${loadLines(checks).map((line) => html`<p class="dim small">${prose(line)}</p>`)}${checks.map(witnessBlock)}</section>`
}

function checkRow({ on, name, verdict, limit, value, samples, explanation }: CheckReport): Markup {
  return html`<tr${verdict !== 'passed' && html` class="bad"`}><td>${checkBadge(verdict)}</td><td class="what">${on}: ${name}<div class="dim small">${prose(explanation)}</div></td>
<td data-label="limit">${limit}</td><td data-label="found">${value}</td><td class="number" data-label="samples">${samples}</td></tr>`
}

function checkBadge(verdict: CheckReport['verdict']): Markup {
  const looks: Record<CheckReport['verdict'], AnyVerdict> = {
    passed: 'passed',
    failed: 'failed',
    inconclusive: 'inconclusive',
    'not-evaluated': 'failed',
  }
  return badge(looks[verdict], verdict === 'not-evaluated' ? 'not evaluated' : undefined)
}

function witnessBlock({ on, name, witness }: CheckReport): Markup | undefined {
  if (witness === undefined) return undefined
  const { title, operations, more = 0 } = witness
  return html`<h3>${on}: ${name}</h3><p>${prose(title)}${operations.length > 0 && html` ${zoom(...spanOf(operations), `the witness of ${name}`)}`}</p>
<div class="scroll" tabindex="0" role="region" aria-label="Witness of ${name}"><table>
<thead><tr><th scope="col" class="number">from</th><th scope="col" class="number">to</th><th scope="col">client</th><th scope="col">operation</th><th scope="col">key</th><th scope="col">outcome</th><th scope="col">node</th><th scope="col">phase</th></tr></thead>
<tbody>${operations.map(operationRow)}</tbody></table></div>${more > 0 && html`<p class="dim">and ${plural(more, 'more operation')} like these</p>`}`
}

function operationRow({ startMs, endMs, client, text, key, outcome, node, phase }: WitnessOperation): Markup {
  return html`<tr><td class="number">${moment(startMs)}</td><td class="number">${endMs === undefined ? 'never' : moment(endMs)}</td><td>${client}</td>
<td class="mono">${text}</td><td class="mono">${key}</td><td>${outcome}</td><td>${node}</td><td>${phase}</td></tr>`
}

function spanOf(operations: readonly WitnessOperation[]): [number, number] {
  const starts = operations.map(({ startMs }) => startMs)
  return [Math.min(...starts), Math.max(...operations.map(({ startMs, endMs }) => endMs ?? startMs))]
}

function moment(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`
}
