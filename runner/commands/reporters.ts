import { existsSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { nearestWord } from '../record/nearest.ts'
import { type ReportFormat, stdoutReporters } from '../report/index.ts'
import type { RunReport } from '../report/report-model.ts'
import { runFiles } from '../report/run-files.ts'
import { outputStyle } from '../report/style.ts'
import type { Output } from './command.ts'
import type { Flags, ParsedLine } from './flags.ts'
import { UsageError } from './usage-error.ts'

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
 * What a module given to `--reporter` exports as its default: makes text for stdout, perhaps later, of the report (as in
 * `report.json`). `style` says what stdout can show, `files.text(path)` reads what the run left in its folder.
 */
export type PluginFormat = (...parameters: Parameters<ReportFormat>) => string | Promise<string>

/** The formats of `--reporter`, in the order in which they were asked for. Throws UsageError for an unknown one. */
export async function chosenReporters(line: ParsedLine, flag = 'reporter'): Promise<ChosenReporter[]> {
  const asked = (line.text(flag) ?? 'console').split(',').map((name) => name.trim())
  return Promise.all(
    asked.map(async (name) => {
      const known = stdoutReporters.get(name)
      if (known) return { name, format: known }
      if (isPath(name)) return { name, format: await plugin(name) }
      const similar = nearestWord(name, stdoutReporters.keys())
      const meant = similar === undefined ? ';' : `; did you mean ${similar}?`
      throw new UsageError(`there is no reporter \`${name}\`${meant} there are ${names}, and paths to modules`)
    }),
  )
}

/**
 * Prints a run on stdout in each of the formats. Returns what could not be made: a module of one's own that throws must not
 * change what came of the run.
 */
export async function printReports(
  run: RunReport,
  reporters: readonly ChosenReporter[],
  out: Output,
): Promise<string[]> {
  const style = outputStyle(process.stdout, process.env)
  const failures: string[] = []
  for (const { name, format } of reporters) {
    try {
      out.print((await format(run, style, runFiles(run.folder))).trimEnd())
    } catch (error) {
      if (stdoutReporters.has(name)) throw error
      failures.push(`The reporter ${name} failed: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return failures
}

function isPath(name: string): boolean {
  return name.includes('/') || name.includes(path.sep) || /\.[cm]?[jt]s$/.test(name)
}

async function plugin(file: string): Promise<PluginFormat> {
  const whole = path.resolve(file)
  if (!existsSync(whole)) throw new UsageError(`there is no reporter module ${file}`)
  let module: { default?: unknown }
  try {
    module = await import(pathToFileURL(whole).href)
  } catch (error) {
    throw new UsageError(
      `the reporter module ${file} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
    )
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
