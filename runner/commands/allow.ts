import { UsageError } from '../base/errors.ts'
import { nearestWord } from '../base/nearest.ts'
import type { Allowed } from '../platforms/allowed.ts'
import { ALLOWABLE_SETTINGS, isAllowable } from '../platforms/setting-policy.ts'
import { ALLOWABLE_COMMANDS } from '../steps/command-policy.ts'
import { COMMANDS } from '../workload/drivers/plan.ts'
import type { Flags, ParsedLine } from './flags.ts'

export const allowFlag: Flags = {
  allow: {
    type: 'string',
    multiple: true,
    value: 'NAME',
    help: 'let scenarios do what is refused otherwise: a setting (dir), a command (MODULE), or `commands`: start programs; may be given several times',
  },
}

/** What `--allow` lets scenarios do. Throws UsageError for what needs no allowing. */
export function allowedBy(line: ParsedLine): Allowed {
  return new Set(line.texts('allow').map(nameOf))
}

function nameOf(text: string): string {
  const [command, setting] = [text.toUpperCase(), text.toLowerCase()]
  if (ALLOWABLE_COMMANDS.includes(command)) return command
  if (setting === COMMANDS || isAllowable(setting)) return setting
  const near = nearestWord(setting, [...ALLOWABLE_SETTINGS, COMMANDS]) ?? nearestWord(command, ALLOWABLE_COMMANDS)
  throw new UsageError(
    `--allow takes a setting or command that scenarios may not use, and \`${text}\` is none${near === undefined ? '' : `; did you mean \`${near}\`?`} (commands: ${ALLOWABLE_COMMANDS.join(', ')}; settings: ${ALLOWABLE_SETTINGS.join(', ')}; programs: ${COMMANDS})`,
  )
}
