import { formatDuration, formatLimit } from '../base/duration.ts'
import { oneLine, plural } from '../base/text.ts'
import { loadLines } from '../results/load-sent.ts'
import type { RepeatReport, RunReport, ScenarioReport } from '../results/report-model.ts'
import { requestErrorLines } from '../results/request-errors.ts'
import { auditSummary, lookOfRule } from './audit-lines.ts'
import { CLIENT_HEADINGS, clientRows } from './client-table.ts'
import { failoverTime, mastersText, suspicionText } from './failover-lines.ts'
import { toldFailovers } from './failover-tries.ts'
import { toldNames } from './play-names.ts'
import type { Fact, Problem } from './problem.ts'
import { problemsOf } from './problems.ts'
import { measureTexts, nightLines, repeatName, repeatVerdict } from './repeat-lines.ts'
import { stepRows } from './step-rows.ts'
import { headlineOf, VERDICT_LOOKS } from './verdicts.ts'

const EMOJI = {
  passed: '✅',
  failed: '❌',
  error: '❗',
  inconclusive: '❓',
  interrupted: '⏹️',
  skipped: '⏭️',
  'not-evaluated': '❌',
  'not-run': '▫️',
} as const

/** A scenario, and what tells it from others of the run. */
interface Played {
  scenario: ScenarioReport
  name: string
}

/** `summary.md`: a small page for a merge request or a job summary. What went wrong comes first. */
export function markdownReport(run: RunReport): string {
  const { word, look } = headlineOf(run)
  const names = toldNames(run)
  const played = run.scenarios.map((scenario, place) => ({ scenario, name: names[place] ?? scenario.id }))
  const blocks = [
    `## ${EMOJI[look]} ${asText(run.name)}: ${word} in ${formatDuration(run.durationMs)}`,
    ...problemsOf(run).map(problemBlock),
    scenarioTable(run, played),
    ...clientBlock(run),
    ...(run.repeats ?? []).map((repeat) => repeatBlock(run, repeat)),
    ...comparisonBlock(run),
    ...run.warnings.map((text) => `> warning: ${asText(text)}`),
    ...played.flatMap(failoverBlock),
    ...played.filter(({ scenario }) => scenario.steps.some(({ verdict }) => verdict !== 'not-run')).map(stepBlock),
    ...played.filter(({ scenario }) => scenario.checks.length > 0).map(checkBlock),
    ...played.flatMap(auditBlock),
    ...(run.allowed === undefined ? [] : [`Allowed by whoever started it: ${run.allowed.map(code).join(', ')}`]),
    ...(run.command === '' ? [] : [`Run again: ${code(run.command)}`]),
  ]
  return `${blocks.join('\n\n')}\n`
}

function problemBlock(problem: Problem): string {
  const factLine = ({ label, text }: Fact) => `${label}: ${asText(text)}`
  const lines = [
    ...problem.details.map(asText),
    ...problem.evidence.map(factLine),
    ...(problem.hint === undefined ? [] : [`**what next:** ${asText(problem.hint)}`]),
    ...problem.facts.map(factLine),
    ...(problem.place === undefined ? [] : [`at ${code(problem.place)}`]),
  ]
  const word = problem.word ?? VERDICT_LOOKS[problem.verdict].word
  const head = `**${word}: ${asText(problem.title)}**\n\n${asText(problem.reason)}`
  return [head, lines.map((line) => `- ${line}`).join('\n')].filter((part) => part !== '').join('\n\n')
}

function scenarioTable(run: RunReport, played: readonly Played[]): string {
  const rows = played.map(({ scenario, name }) => [
    `${EMOJI[scenario.verdict]} ${scenario.verdict}`,
    asText(name),
    asText(`${scenario.server} · ${scenario.platform}`),
    formatDuration(scenario.durationMs),
    scenario.verdict === 'passed' ? '' : asText(scenario.reason ?? ''),
  ])
  if (run.notStarted > 0) rows.push([`${EMOJI['not-run']} not run`, plural(run.notStarted, 'scenario'), '', '', ''])
  if (rows.length === 0) return 'No scenario was played.'
  return table(['verdict', 'scenario', 'server', 'time', 'reason'], rows)
}

function clientBlock(run: RunReport): string[] {
  const rows = clientRows(run).map(({ cells }) => cells.map(asText))
  return rows.length === 0 ? [] : [`**Clients**\n\n${table(CLIENT_HEADINGS, rows)}`]
}

function failoverBlock({ scenario, name }: Played): string[] {
  const { failovers, suspicions = [] } = scenario
  const rows = toldFailovers(failovers).map((failover) => [
    String(failover.shard),
    asText(mastersText(failover)),
    asText(failover.cause),
    failoverTime(failover),
    asText([failover.summary, ...failover.incidents].join('. ')),
  ])
  const head = `Failovers of ${asText(name)}`
  const blocks =
    rows.length === 0 ? [] : [`${head}\n\n${table(['shard', 'masters', 'cause', 'time', 'what happened'], rows)}`]
  const lines = suspicions.map((one) => `- ${asText(suspicionText(one))}`)
  return lines.length === 0 ? blocks : [...blocks, `Suspected in ${asText(name)}\n\n${lines.join('\n')}`]
}

function repeatBlock(run: RunReport, repeat: RepeatReport): string {
  const rows = repeat.measures.map(measureTexts).map((row) => {
    return [asText(row.name), row.median, row.p95, row.range, code(row.spread)]
  })
  const head = `**${asText(repeatName(repeat))}**, ${asText(repeatVerdict(repeat, run))}`
  return rows.length === 0 ? head : `${head}\n\n${table(['', 'median', 'p95', 'range', 'spread'], rows)}`
}

function comparisonBlock({ baseline }: RunReport): string[] {
  if (baseline === undefined) return []
  if (baseline.nights !== undefined) return [nightLines(baseline).map(asText).join('\n\n')]
  const lines = baseline.comparisons.map(
    ({ verdict, sentence }) => `- ${verdict === 'regressed' ? EMOJI.failed : EMOJI['not-run']} ${asText(sentence)}`,
  )
  return [`**Beside the baseline** ${code(baseline.file)} of ${asText(baseline.savedAt)}\n\n${lines.join('\n')}`]
}

function stepBlock({ scenario, name }: Played): string {
  const rows = stepRows(scenario.steps).map((row): string[] => {
    if (row.kind === 'not-run') {
      const range = asText(`${row.steps[0]?.path ?? ''}–${row.steps.at(-1)?.path ?? ''}`)
      return [range, `${EMOJI['not-run']} not run`, plural(row.steps.length, 'step'), '', '', '']
    }
    if (row.kind === 'iterations') {
      const what = `rounds ${row.first} to ${row.last} all passed (${plural(row.steps.length, 'step')})`
      return [asText(`${row.repeat}#${row.first}–${row.last}`), `${EMOJI.passed} passed`, what, '', '', '']
    }
    const { step } = row
    return [
      asText(step.path),
      `${EMOJI[step.verdict]} ${VERDICT_LOOKS[step.verdict].word}`,
      asText(step.name),
      step.verdict === 'not-run' ? '' : formatDuration(step.durationMs),
      step.limitMs === undefined ? '' : formatLimit(step.limitMs),
      step.trueAfterMs === undefined ? '' : formatDuration(step.trueAfterMs),
    ]
  })
  const summary = `Steps of ${plainText(oneLine(name))} (seed ${scenario.seed})`
  const steps = table(['#', 'verdict', 'step', 'took', 'limit', 'true after'], rows)
  return `<details><summary>${summary}</summary>\n\n${steps}\n\n</details>`
}

function checkBlock({ scenario, name }: Played): string {
  const { checks } = scenario
  const rows = checks.map(({ verdict, on, name, value, limit, samples, explanation }) => [
    `${EMOJI[verdict]} ${VERDICT_LOOKS[verdict].word}`,
    ...[on, name, value, limit].map(asText),
    String(samples),
    asText(explanation),
  ])
  const checked = table(['verdict', 'on', 'check', 'found', 'limit', 'samples', 'explanation'], rows)
  const parts = [checked, ...[...loadLines(checks), ...requestErrorLines(scenario)].map(asText)]
  return `<details><summary>Checks of ${plainText(oneLine(name))}</summary>\n\n${parts.join('\n\n')}\n\n</details>`
}

function auditBlock({ scenario, name }: Played): string[] {
  const { audit } = scenario
  if (audit === undefined) return []
  const rows = audit.rules.map((outcome) => {
    const { rule, sentence, verdict, lookedAt, findings } = outcome
    const { look, word } = lookOfRule(outcome)
    const found = findings.map(({ text }) => text).join('; ') || (verdict === 'not-evaluated' ? '' : 'none')
    return [`${EMOJI[look]} ${word}`, ...[rule, sentence, lookedAt, found].map(asText)]
  })
  const summary = `Audit of ${plainText(oneLine(name))}: ${auditSummary(audit)}`
  const rules = table(['verdict', 'rule', 'what holds', 'looked at', 'findings'], rows)
  return [`<details><summary>${summary}</summary>\n\n${rules}\n\n</details>`]
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/**
 * A pair of backticks around what no part of markdown takes for anything but text. In a table a bar ends a cell even in
 * code, and a backslash before it would undo its escape.
 */
const CODE = /(?<!`)`([^`\s|\\<>](?:[^`|\\<>]*[^`\s|\\<>])?)`(?!`)/

/** A sentence on one line: what stands in backticks is code, the rest is text. */
function asText(text: string): string {
  const parts = oneLine(text).split(CODE)
  return parts.map((part, place) => (place % 2 === 1 ? code(part) : plainText(part))).join('')
}

/** Text that markdown takes as text, and HTML as well, on one line. */
function plainText(text: string): string {
  return text
    .replace(/[\\`*_[\]|~#]/g, (character) => `\\${character}`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}

/** Inline code; the fence is longer than any row of backticks inside. */
function code(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length))
  const fence = '`'.repeat(longest + 1)
  const pad = longest > 0 ? ' ' : ''
  return `${fence}${pad}${oneLine(text)}${pad}${fence}`
}
