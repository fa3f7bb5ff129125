import { appendFileSync } from 'node:fs'
import { reasonOf } from '../base/surroundings.ts'
import { visible } from '../base/text.ts'
import type { RunReport } from '../results/report-model.ts'
import { ReportError } from '../results/run-model.ts'
import { markdownReport } from './markdown.ts'
import { toldNames } from './play-names.ts'
import { linesOf } from './problem.ts'
import { problemsOf } from './problems.ts'

/**
 * Workflow commands that GitHub Actions shows as annotations beside the scenario's lines
 * (docs.github.com, "Workflow commands for GitHub Actions"); empty for a run without anything to say.
 */
export function githubReport(run: RunReport): string {
  const problems = problemsOf(run).map((problem) => {
    const file = problem.step?.file ?? problem.scenario?.file
    const line = problem.step?.line
    // Where it is, the annotation shows.
    const { place: _, ...shown } = problem
    const text = linesOf(shown).join('\n')
    return command(problem.verdict === 'inconclusive' ? 'warning' : 'error', text, { file, line, title: problem.title })
  })
  const names = toldNames(run)
  const skipped = run.scenarios.flatMap(({ verdict, file, reason = 'no reason was recorded' }, place) =>
    verdict === 'skipped' ? [command('notice', reason, { file, title: `${names[place]} skipped` })] : [],
  )
  const warnings = [
    ...run.scenarios.flatMap(({ file, warnings }, place) =>
      warnings.map((text) => ({ text, file, title: names[place] })),
    ),
    ...run.warnings.map((text) => ({ text, file: undefined, title: run.name })),
  ].map(({ text, file, title }) => command('warning', text, { file, title }))
  return [...problems, ...warnings, ...skipped].map((line) => `${line}\n`).join('')
}

function command(kind: string, text: string, properties: Record<string, string | number | undefined>): string {
  const given = Object.entries(properties).filter(([, value]) => value !== undefined)
  const list = given.map(([name, value]) => `${name}=${escapeProperty(String(value))}`).join(',')
  return `::${kind} ${list}::${escapeData(text)}`
}

function escapeData(text: string): string {
  return visible(text, '\r\n').replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

/** What GitHub takes for one step, bytes (docs.github.com, "Adding a job summary": 1 MiB). */
const MOST_BYTES = 1024 * 1024

/**
 * Adds the Markdown summary to the file that GitHub Actions names in `GITHUB_STEP_SUMMARY`; nothing elsewhere. A
 * summary that is too long is cut at the end of a line, and says so. Throws ReportError if the file cannot be written.
 */
export function appendStepSummary(file: string | undefined, run: RunReport): void {
  if (file === undefined || file === '') return
  try {
    appendFileSync(file, fitting(markdownReport(run)))
  } catch (cause) {
    throw new ReportError(`The job summary ${file} cannot be written: ${reasonOf(cause)}`, { cause })
  }
}

function fitting(text: string): string {
  if (Buffer.byteLength(text) <= MOST_BYTES) return text
  const note = '\n\nThe rest is in summary.md, in the folder of the run.\n'
  const room = Buffer.from(text).subarray(0, MOST_BYTES - Buffer.byteLength(note))
  const cut = room.lastIndexOf('\n')
  return `${room.subarray(0, cut).toString()}${note}`
}
