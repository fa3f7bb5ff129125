import { formatDuration } from '../base/duration.ts'
import { displayWidth, oneLine, padded, plural, visible, wrap } from '../base/text.ts'
import { describeShape } from '../record/cluster-shape.ts'
import { loadLines } from '../results/load-sent.ts'
import { describeServers } from '../results/node-servers.ts'
import type { RepeatReport, RunReport, ScenarioReport } from '../results/report-model.ts'
import { requestErrorLines } from '../results/request-errors.ts'
import { auditLines } from './audit-lines.ts'
import { checkTable, loadSent } from './check-table.ts'
import { clientTable } from './client-table.ts'
import { failoverLines } from './failover-lines.ts'
import { toldNames } from './play-names.ts'
import type { Fact, Problem } from './problem.ts'
import { problemsOf } from './problems.ts'
import { measureTexts, nightLines, repeatName, repeatVerdict, scenariosPlayed } from './repeat-lines.ts'
import { serverTable } from './server-table.ts'
import { stepTable } from './step-table.ts'
import { type OutputStyle, type Paint, PLAIN, painter } from './style.ts'
import { upgradeTable } from './upgrade-table.ts'
import { countVerdicts, headlineOf, VERDICT_LOOKS } from './verdicts.ts'

/** A run that breaks everywhere is told by its first problems. */
const MOST_PROBLEMS = 20
const LABEL_WIDTH = 11

/**
 * The final words on stdout: what is to be known of each scenario beside its steps, which progress has told, what went
 * wrong in full, counts, the report and how to run it again. `verbose` has the steps too, `quiet` begins with what went
 * wrong, and with the line that a night was not judged.
 */
export function consoleReport(run: RunReport, style: OutputStyle = PLAIN): string {
  const paint = painter(style.color)
  const told = style.detail === 'quiet' ? notJudgedBlocks(run, style) : toldBlocks(run, style, paint)
  const blocks = [
    ...told,
    ...problemBlocks(run, style, paint),
    ...upgradeBlocks(run, style, paint),
    [...warningLines(run.warnings, '', style, paint), ...countLines(run, style, paint)],
    closingLines(run, paint),
  ]
  return `${blocks.map((lines) => lines.map((line) => line.trimEnd()).join('\n')).join('\n\n')}\n`
}

/** Of a night on which nothing could be judged: it must not look like one on which nothing was found. */
function notJudgedBlocks({ baseline }: RunReport, style: OutputStyle): string[][] {
  if (baseline?.nights === undefined || baseline.comparisons.length > 0) return []
  return [hanging(baseline.nights.summary, '', style.width)]
}

function upgradeBlocks(run: RunReport, style: OutputStyle, paint: Paint): string[][] {
  const table = upgradeTable(run, style, paint)
  return table.length === 0 ? [] : [table]
}

function toldBlocks(run: RunReport, style: OutputStyle, paint: Paint): string[][] {
  const servers = serverTable(run, style, paint)
  const clients = clientTable(run, style, paint)
  return [
    ...shownScenarios(run).map(([scenario, name]) => scenarioBlock(scenario, name, style, paint)),
    ...(servers.length > 0 ? [servers] : []),
    ...(clients.length > 0 ? [clients] : []),
    ...repeatBlocks(run, style, paint),
    ...comparisonBlocks(run, style),
  ]
}

/** With their names. Of repeats that all passed the last is enough. */
function shownScenarios(run: RunReport): [scenario: ScenarioReport, name: string][] {
  const { scenarios, repeats = [] } = run
  const names = toldNames(run)
  const havePassed = ({ plays }: RepeatReport) => plays.every((place) => scenarios[place]?.verdict === 'passed')
  const hidden = new Set(repeats.filter(havePassed).flatMap(({ plays }) => plays.slice(0, -1)))
  return scenarios.flatMap((scenario, place) => (hidden.has(place) ? [] : [[scenario, names[place] ?? scenario.id]]))
}

/** What is measured of scenarios that were played several times. */
function repeatBlocks(run: RunReport, style: OutputStyle, paint: Paint): string[][] {
  return (run.repeats ?? []).map((repeat) => {
    const rows = repeat.measures.map(measureTexts)
    const width = (key: keyof ReturnType<typeof measureTexts>) =>
      Math.max(0, ...rows.map((row) => displayWidth(row[key])))
    const lines = rows.map(
      (row) =>
        `${padded(row.name, width('name'))}  median ${row.median.padStart(width('median'))}  p95 ${row.p95.padStart(width('p95'))}  ${row.range.padEnd(width('range'))}  ${row.spread}`,
    )
    const head = `${repeatName(repeat)}, ${repeatVerdict(repeat, run)}`
    const painted = wrap(head, style.width).map((line) => paint(repeat.flaky ? ['bold', 'yellow'] : 'bold', line))
    return [...painted, ...lines.flatMap((line) => hanging(line, '  ', style.width))]
  })
}

/** How the run stands beside its baseline; what has regressed is told among the problems. */
function comparisonBlocks({ baseline }: RunReport, style: OutputStyle): string[][] {
  if (baseline === undefined) return []
  if (baseline.nights !== undefined) return [nightLines(baseline).flatMap((line) => hanging(line, '', style.width))]
  const rest = baseline.comparisons.filter(({ verdict }) => verdict !== 'regressed')
  const lines = rest.flatMap(({ sentence }) => hanging(sentence, '  ', style.width))
  return [[`Beside the baseline ${baseline.file} of ${baseline.savedAt}`, ...lines]]
}

function scenarioBlock(scenario: ScenarioReport, name: string, style: OutputStyle, paint: Paint): string[] {
  const played = scenario.steps.some((step) => step.verdict !== 'not-run')
  const isVerbose = style.detail === 'verbose'
  return [
    ...(scenario.verdict === 'skipped'
      ? skippedLines(scenario, name, style, paint)
      : verdictLines(scenario, played, style, paint)),
    ...(isVerbose || scenario.twin ? hanging(oneLine(scenario.title), '  ', style.width) : []),
    ...hanging(oneLine(setting(scenario)), '  ', style.width, (line) => paint('dim', line)),
    ...(isVerbose && played ? ['', ...stepTable(scenario.steps, style, paint)] : []),
    ...failoverLines(scenario, style, paint),
    ...checkLines(scenario, style, paint),
    ...(scenario.audit === undefined ? [] : ['', ...auditLines(scenario.audit, style, paint)]),
    ...warningLines(scenario.warnings, '  ', style, paint),
  ]
}

/** What did not pass is told in full further down: in the table only where that is asked for. */
function checkLines(scenario: ScenarioReport, style: OutputStyle, paint: Paint): string[] {
  const { checks } = scenario
  const rows = style.detail === 'verbose' ? checks : checks.filter(({ verdict }) => verdict === 'passed')
  const table = rows.length === 0 ? [] : checkTable(rows, style, paint)
  const lines = [...table, ...loadSent([...loadLines(checks), ...requestErrorLines(scenario)], style, paint)]
  return lines.length === 0 ? [] : ['', ...lines]
}

function setting({ cluster, server, platform, seed, client, repeat }: ScenarioReport): string {
  const shape = cluster && describeShape(cluster, cluster.slots)
  const through = client === undefined ? '' : `client ${oneLine(visible(client))}`
  const which = repeat && `repeat ${repeat.number} of ${repeat.of}`
  return [describeServers(server, cluster), platform, shape, through, which, `seed ${seed}`].filter(Boolean).join(' · ')
}

/** All that is told of it: with its whole name. */
function skippedLines({ verdict, reason }: ScenarioReport, name: string, style: OutputStyle, paint: Paint): string[] {
  const { mark, word, format } = VERDICT_LOOKS[verdict]
  const why = visible(reason ?? 'no reason was recorded')
  return hanging(`${mark} ${oneLine(name)} ${word}: ${why}`, '', style.width, (line) => paint(format, line))
}

function verdictLines(scenario: ScenarioReport, played: boolean, style: OutputStyle, paint: Paint): string[] {
  const { mark, word, format } = VERDICT_LOOKS[scenario.verdict]
  const times = [
    formatDuration(scenario.durationMs),
    ...(scenario.setupMs > 0 ? [`setup ${formatDuration(scenario.setupMs)}`] : []),
    ...(scenario.cleanupMs > 0 ? [`cleanup ${formatDuration(scenario.cleanupMs)}`] : []),
    ...(played ? [] : [`no step was played (${plural(scenario.steps.length, 'step')})`]),
  ]
  const isTwin = scenario.twin !== undefined && scenario.verdict === 'passed'
  const head = `${mark} ${scenario.id} ${isTwin ? oneLine(scenario.reason ?? word) : word}`
  // The name may be long: it is painted by itself, and what follows goes on in the next line.
  const [first = '', ...rest] = wrap(`${head} in ${times.join(' · ')}`, style.width)
  const painted = first.startsWith(head) ? paint(format, head) + first.slice(head.length) : paint(format, first)
  return [painted, ...rest.map((line) => `  ${line}`)]
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
  const facts = (from: readonly Fact[]) => from.flatMap(({ label, text }) => fact(label, oneLine(text), width, paint))
  const hint = problem.hint === undefined ? [] : fact('what next', visible(problem.hint, '\n'), width, paint)
  const place = problem.place === undefined ? [] : fact('at', problem.place, Number.POSITIVE_INFINITY, paint)
  const title = wrap(`${mark} ${word.toUpperCase()}  ${oneLine(problem.title)}`, width)
  return [
    ...title.map((line) => paint(format, line)),
    '',
    ...reason,
    ...details,
    '',
    ...facts(problem.evidence),
    ...hint,
    ...facts(problem.facts),
    ...place,
  ]
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
    `${scenariosPlayed(run)}: ${countVerdicts(run.scenarios.map(({ verdict }) => verdict)) || 'none played'}`,
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
