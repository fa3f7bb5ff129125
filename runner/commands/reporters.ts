import { existsSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { formatDuration } from '../base/duration.ts'
import { messageOf, UsageError } from '../base/errors.ts'
import { nearestWord } from '../base/nearest.ts'
import { runFiles } from '../record/run-files.ts'
import { type ReportFormat, stdoutReporters } from '../report/index.ts'
import { type Detail, outputStyle } from '../report/style.ts'
import type { RunReport } from '../results/report-model.ts'
import type { Output } from './command.ts'
import type { Flags, ParsedLine } from './flags.ts'

/** A module of one's own that gives nothing by then is given up: nothing else would end the run. */
const PLUGIN_LIMIT_MS = 30_000

const names = [...stdoutReporters.keys()].join(', ')

export const reporterFlag: Flags = {
  reporter: {
    type: 'string',
    value: 'NAMES',
    help: `what to print at the end, separated by commas: ${names}, or a path to a module (default console)`,
  },
}

/** A format by its name, or one's own. */
export interface ChosenReporter {
  name: string
  format: ReportFormat | PluginFormat
}

/**
 * What a module given to `--reporter` exports as its default: makes text for stdout, perhaps later, of the report (as
 * in
 * `report.json`). `style` says what stdout can show, `files.text(path)` reads what the run left in its folder.
 */
type PluginFormat = (...parameters: Parameters<ReportFormat>) => string | Promise<string>

/** The formats of `--reporter`, in the order in which they were asked for. Throws UsageError for an unknown one. */
export async function chosenReporters(
  line: ParsedLine,
  flag = 'reporter',
  limitMs = PLUGIN_LIMIT_MS,
): Promise<ChosenReporter[]> {
  const asked = (line.text(flag) ?? 'console').split(',').map((name) => name.trim())
  return Promise.all(
    asked.map(async (name) => {
      const known = stdoutReporters.get(name)
      if (known) return { name, format: known }
      if (isPath(name)) return { name, format: await plugin(name, limitMs) }
      const similar = nearestWord(name, stdoutReporters.keys())
      const meant = similar === undefined ? ';' : `; did you mean ${similar}?`
      throw new UsageError(`there is no reporter \`${name}\`${meant} there are ${names}, and paths to modules`)
    }),
  )
}

/** Formats in which a line may begin like a command of a CI: those commands, and the styles of a page. */
const COMMANDS: ReadonlySet<string> = new Set(['github', 'html'])

/**
 * Prints a run on stdout in each of the formats. Returns what could not be made: whatever a module of one's own does,
 * it must neither change what came of the run nor hide it.
 */
export async function printReports(
  run: RunReport,
  reporters: readonly ChosenReporter[],
  out: Output,
  { detail = 'normal', limitMs = PLUGIN_LIMIT_MS }: { detail?: Detail; limitMs?: number } = {},
): Promise<string[]> {
  const style = { ...outputStyle(process.stdout, process.env), detail }
  const failures: string[] = []
  for (const { name, format } of reporters) {
    const known = stdoutReporters.get(name)
    if (known !== undefined) {
      out.print(known(run, style, runFiles(run.folder)).trimEnd(), { commands: COMMANDS.has(name) })
      continue
    }
    try {
      const made = async () => textOf(await format(structuredClone(run), style, runFiles(run.folder)))
      out.print((await inTime(made(), limitMs)).trimEnd())
    } catch (error) {
      failures.push(`The reporter ${name} failed: ${messageOf(error)}`)
    }
  }
  return failures
}

function isPath(name: string): boolean {
  return name.includes('/') || name.includes(path.sep) || /\.[cm]?[jt]s$/.test(name)
}

async function plugin(file: string, limitMs: number): Promise<PluginFormat> {
  const whole = path.resolve(file)
  if (!existsSync(whole)) throw new UsageError(`there is no reporter module ${file}`)
  let module: { default?: unknown }
  try {
    module = await inTime(import(pathToFileURL(whole).href), limitMs)
  } catch (error) {
    throw new UsageError(`the reporter module ${file} cannot be loaded: ${messageOf(error)}`)
  }
  if (!isFormat(module.default)) {
    throw new UsageError(
      `the reporter module ${file} has no function as its default export: (report, style, files) => text`,
    )
  }
  return module.default
}

function isFormat(value: unknown): value is PluginFormat {
  return typeof value === 'function'
}

/** Throws Error for what is no text: a module of JavaScript may give anything. */
function textOf(made: unknown): string {
  if (typeof made === 'string') return made
  throw new Error(`it gave ${made === null ? 'null' : typeof made}, and no text`)
}

async function inTime<T>(work: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it gave nothing within ${formatDuration(limitMs)}`)), limitMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
