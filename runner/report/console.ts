import CliTable from 'cli-table3'
import { formatDuration } from '../base/duration.ts'
import { oneLine, plural, visible, wrap } from '../base/text.ts'
import type { RunReport, ScenarioReport } from '../results/report-model.ts'
import { auditLines } from './audit-lines.ts'
import { checkTable } from './check-table.ts'
import { failoverLines } from './failover-lines.ts'
import { type Problem, problemsOf } from './problems.ts'
import { measureTexts, repeatName, repeatVerdict } from './repeat-lines.ts'
import { stepTable } from './step-table.ts'
import { type OutputStyle, type Paint, PLAIN, painter } from './style.ts'
import { countVerdicts, headlineOf, VERDICT_LOOKS } from './verdicts.ts'

/** A run that breaks everywhere is told by its first problems. */
const MOST_PROBLEMS = 20
const LABEL_WIDTH = 11

/**
 * The final words on stdout: steps of each scenario, what went wrong in full, counts, the report and how to run it
 * again.
 */
export function consoleReport(run: RunReport, style: OutputStyle = PLAIN): string {
  const paint = painter(style.color)
  const servers = serverTable(run)
  const blocks = [
    ...shownScenarios(run).map((scenario) => scenarioBlock(scenario, style, paint)),
    ...(servers.length > 0 ? [servers] : []),
    ...repeatBlocks(run, paint),
    ...comparisonBlocks(run, style),
    ...problemBlocks(run, style, paint),
    [...warningLines(run.warnings, '', style, paint), ...countLines(run, style, paint)],
    closingLines(run, paint),
  ]
  return `${blocks.map((lines) => lines.map((line) => line.trimEnd()).join('\n')).join('\n\n')}\n`
}

/** Of repeats that all passed the last is enough. */
function shownScenarios({ scenarios, repeats = [] }: RunReport): ScenarioReport[] {
  const hidden = new Set(
    repeats.filter(({ flaky, verdict }) => !flaky && verdict === 'passed').flatMap(({ plays }) => plays.slice(0, -1)),
  )
  return scenarios.filter((_, place) => !hidden.has(place))
}

/** What is measured of scenarios that were played several times. */
function repeatBlocks(run: RunReport, paint: Paint): string[][] {
  return (run.repeats ?? []).map((repeat) => {
    const rows = repeat.measures.map(measureTexts)
    const width = (key: keyof ReturnType<typeof measureTexts>) => Math.max(0, ...rows.map((row) => row[key].length))
    const lines = rows.map(
      (row) =>
        `  ${row.name.padEnd(width('name'))}  median ${row.median.padStart(width('median'))}  p95 ${row.p95.padStart(width('p95'))}  ${row.range.padEnd(width('range'))}  ${row.spread}`,
    )
    const head = `${repeatName(repeat)}, ${repeatVerdict(repeat, run)}`
    return [paint(repeat.flaky ? ['bold', 'yellow'] : 'bold', head), ...lines]
  })
}

/** How the run stands beside its baseline; what has regressed is told among the problems. */
function comparisonBlocks({ baseline }: RunReport, style: OutputStyle): string[][] {
  if (baseline === undefined) return []
  const rest = baseline.comparisons.filter(({ verdict }) => verdict !== 'regressed')
  const lines = rest.flatMap(({ sentence }) => hanging(sentence, '  ', style.width))
  return [[`Beside the baseline ${baseline.file} of ${baseline.savedAt}`, ...lines]]
}

function scenarioBlock(scenario: ScenarioReport, style: OutputStyle, paint: Paint): string[] {
  const head = [
    ...wrap(`${scenario.id}: ${oneLine(scenario.title)}`, style.width).map((line) => paint('bold', line)),
    paint('dim', oneLine(setting(scenario))),
  ]
  const played = scenario.steps.some((step) => step.verdict !== 'not-run')
  const table = played ? ['', ...stepTable(scenario.steps, style, paint)] : []
  return [
    ...head,
    ...table,
    ...failoverLines(scenario, style, paint),
    ...(scenario.checks.length === 0 ? [] : ['', ...checkTable(scenario.checks, style, paint)]),
    ...(scenario.audit === undefined ? [] : ['', ...auditLines(scenario.audit, style, paint)]),
    '',
    ...verdictLines(scenario, played, style, paint),
    ...warningLines(scenario.warnings, '  ', style, paint),
  ]
}

function setting({ cluster, server, platform, seed }: ScenarioReport): string {
  const shape = cluster && `${plural(cluster.shards, 'shard')} of 1 master and ${plural(cluster.replicas, 'replica')}`
  return [server, platform, shape, `seed ${seed}`].filter(Boolean).join(' · ')
}

function verdictLines(scenario: ScenarioReport, played: boolean, style: OutputStyle, paint: Paint): string[] {
  const { mark, word, format } = VERDICT_LOOKS[scenario.verdict]
  if (scenario.verdict === 'skipped') {
    const reason = visible(scenario.reason ?? 'no reason was recorded')
    return hanging(`${mark} ${word}: ${reason}`, '  ', style.width, (line) => paint(format, line))
  }
  const times = [
    formatDuration(scenario.durationMs),
    ...(scenario.setupMs > 0 ? [`setup ${formatDuration(scenario.setupMs)}`] : []),
    ...(scenario.cleanupMs > 0 ? [`cleanup ${formatDuration(scenario.cleanupMs)}`] : []),
    ...(played ? [] : [`no step was played (${plural(scenario.steps.length, 'step')})`]),
  ]
  return [`  ${paint(format, `${mark} ${word}`)} in ${times.join(' · ')}`]
}

function problemBlocks(run: RunReport, style: OutputStyle, paint: Paint): string[][] {
  const problems = problemsOf(run)
  const blocks = problems.slice(0, MOST_PROBLEMS).map((problem) => problemLines(problem, style, paint))
  const more = problems.length - MOST_PROBLEMS
  return more > 0 ? [...blocks, [`… and ${plural(more, 'problem')} more, in report.json`]] : blocks
}

function problemLines(problem: Problem, style: OutputStyle, paint: Paint): string[] {
  const { mark, word: ofVerdict, format } = VERDICT_LOOKS[problem.verdict]
  const word = problem.word ?? ofVerdict
  const { width } = style
  const reason = wrap(visible(problem.reason, '\n'), width - 2).map((line) => `  ${paint('bold', line)}`)
  const details = problem.details.flatMap((line) => hanging(visible(line), '    ', width))
  const facts = problem.facts.flatMap(({ label, text }) => fact(label, oneLine(text), width, paint))
  const hint = problem.hint === undefined ? [] : fact('what next', visible(problem.hint, '\n'), width, paint)
  const place = problem.place === undefined ? [] : fact('at', problem.place, Number.POSITIVE_INFINITY, paint)
  const title = wrap(`${mark} ${word.toUpperCase()}  ${oneLine(problem.title)}`, width)
  return [...title.map((line) => paint(format, line)), '', ...reason, ...details, '', ...facts, ...hint, ...place]
}

function fact(label: string, text: string, width: number, paint: Paint): string[] {
  const indent = LABEL_WIDTH + 2
  return wrap(text, width - indent).map((line, index) =>
    index === 0 ? `  ${paint('dim', label.padEnd(LABEL_WIDTH))}${line}` : ' '.repeat(indent) + line,
  )
}

/** `text` in lines that all begin with `indent`, and from the second on two blanks further in. */
function hanging(text: string, indent: string, width: number, paintLine = (line: string) => line): string[] {
  const lines = wrap(text, width - indent.length - 2)
  return lines.map((line, index) => (index === 0 ? indent : `${indent}  `) + paintLine(line))
}

function warningLines(warnings: readonly string[], indent: string, style: OutputStyle, paint: Paint): string[] {
  return warnings.flatMap((text) =>
    hanging(`warning: ${visible(text)}`, indent, style.width, (line) => paint('yellow', line)),
  )
}

function countLines(run: RunReport, style: OutputStyle, paint: Paint): string[] {
  const { mark, word, format } = headlineOf(run)
  const steps = run.scenarios.flatMap((scenario) => scenario.steps.map((step) => step.verdict))
  const checks = run.scenarios.flatMap((scenario) => scenario.checks.map((check) => check.verdict))
  const parts = [
    `${plural(run.scenarios.length, 'scenario')}: ${countVerdicts(run.scenarios.map(({ verdict }) => verdict)) || 'none played'}`,
    ...(run.notStarted > 0 ? [`${run.notStarted} not started`] : []),
    ...(steps.length > 0 ? [`${plural(steps.length, 'step')}: ${countVerdicts(steps)}`] : []),
    ...(checks.length > 0 ? [`${plural(checks.length, 'check')}: ${countVerdicts(checks)}`] : []),
    formatDuration(run.durationMs),
  ]
  const head = `${mark} ${word.toUpperCase()}`
  const rest = wrap(parts.join(' · '), style.width - head.length - 2)
  return rest.map((line, index) => `${index === 0 ? paint(format, head) : ' '.repeat(head.length)}  ${line}`)
}

function closingLines(run: RunReport, paint: Paint): string[] {
  const report = run.folder === '' ? [] : [`${paint('dim', 'report')}     ${run.folder}`]
  const allowed = run.allowed === undefined ? [] : [`${paint('dim', 'allowed')}    ${run.allowed.join(', ')}`]
  const again = run.command === '' ? [] : [`${paint('dim', 'run again')}  ${run.command}`]
  return [...allowed, ...report, ...again]
}

/**
 * A run over several servers side by side: the verdict of each scenario, and how long its failovers took, unwanted ones
 * from the fault to the new master, wanted ones from the first CLUSTER FAILOVER. No lines for a run on one server.
 */
function serverTable(run: RunReport): string[] {
  const played = run.scenarios.filter(({ verdict }) => verdict !== 'skipped')
  const servers = new Set(played.map(({ server, platform }) => `${server} ${platform}`))
  if (servers.size < 2) return []
  const table = new CliTable({
    head: ['server', 'scenario', 'verdict', 'failover', 'failover wanted', 'total'],
    style: { head: [], border: [] },
  })
  for (const scenario of played) table.push(serverRow(scenario))
  return ['Failover times by server', ...table.toString().split('\n')]
}

function serverRow({ server, platform, id, verdict, failovers, durationMs }: ScenarioReport): string[] {
  const times = (wanted: boolean) =>
    failovers
      .filter((failover) => failover.outcome === 'promoted' && failover.wanted === wanted)
      .map(({ totalMs }) => formatDuration(totalMs))
      .join(', ') || '-'
  const { mark, word } = VERDICT_LOOKS[verdict]
  return [
    oneLine(`${server} · ${platform}`),
    id,
    `${mark} ${word}`,
    times(false),
    times(true),
    formatDuration(durationMs),
  ]
}
