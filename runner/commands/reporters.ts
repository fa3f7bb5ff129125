import { nearestWord } from '../record/nearest.ts'
import { type ReportFormat, stdoutReporters } from '../report/index.ts'
import type { Flags, ParsedLine } from './flags.ts'
import { UsageError } from './usage-error.ts'

export const reporterFlag: Flags = {
  reporter: {
    type: 'string',
    value: 'NAMES',
    help: `what to print at the end, separated by commas: ${[...stdoutReporters.keys()].join(', ')} (default console)`,
  },
}

/** The formats of `--reporter`, in the order in which they were asked for. Throws UsageError for an unknown one. */
export function chosenReporters(line: ParsedLine): ReportFormat[] {
  const names = (line.text('reporter') ?? 'console').split(',').map((name) => name.trim())
  return names.map((name) => {
    const format = stdoutReporters.get(name)
    if (format) return format
    const similar = nearestWord(name, stdoutReporters.keys())
    throw new UsageError(
      `there is no reporter \`${name}\`${similar === undefined ? ';' : `; did you mean ${similar}?`} there are ${[...stdoutReporters.keys()].join(', ')}`,
    )
  })
}
