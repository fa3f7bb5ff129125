import { typed } from '../base/command-line.ts'
import { UsageError } from '../base/errors.ts'
import { quoted } from '../base/shell-words.ts'
import { type Diagnostic, renderDiagnostics } from '../scenario/diagnostic.ts'
import type { Scenario } from '../scenario/model.ts'
import { warningsOf } from '../scenario/warnings/index.ts'
import type { CommandContext } from './command.ts'
import type { Flags, ParsedLine } from './flags.ts'
import type { GivenParams } from './param-flags.ts'

export const strictFlag: Flags = {
  strict: { type: 'boolean', help: 'take warnings of scenarios for errors (exit code 2)' },
}

/** What scenarios are warned by, beside their text. */
interface WarnedBy {
  params: GivenParams
  /** Server settings of the command line. */
  config?: Readonly<Record<string, string>>
}

/** What in these scenarios is legal and hardly ever meant. Throws UsageError with it under `--strict`. */
export function warningsIn(
  scenarios: readonly Scenario[],
  line: ParsedLine,
  { params, config = {} }: WarnedBy,
  color: boolean,
): Diagnostic[] {
  // A scenario may be there for each of several clients.
  const all = scenarios.flatMap((scenario) => warningsOf(scenario, { config }))
  const warnings = [...new Map(all.map((one) => [JSON.stringify(one), one])).values()]
  if (warnings.length === 0 || !line.on('strict')) return warnings
  const text = renderDiagnostics(warnings, { color }).trimEnd()
  throw new UsageError(params.hide(`${text}, which --strict takes for errors`))
}

/** All warnings with what mends them, for `validate`; the way to keep one stands at the end. */
export function warningsText(warnings: readonly Diagnostic[], params: GivenParams, color: boolean): string {
  const [first] = warnings
  const text = params.hide(renderDiagnostics(warnings, { color }).trimEnd())
  return `\n${text}; what is meant so is allowed by a comment on its line: # allow: ${first?.warning} (why)`
}

/** A line for each warning, before a run begins. */
export function tellWarnings(
  warnings: readonly Diagnostic[],
  names: readonly string[],
  params: GivenParams,
  { out }: Pick<CommandContext, 'out'>,
): void {
  for (const { file, line, col, message, warning } of warnings) {
    out.progress(params.hide(`${file}:${line}:${col}: warning: ${message} (${warning})`))
  }
  if (warnings.length > 0) out.progress(`\`${typed('validate', names.map(quoted))}\` says what mends it.`)
}
