import { UsageError } from '../base/errors.ts'
import { isFolder } from '../base/folders.ts'
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
    help: 'let scenarios do what is refused otherwise: a setting (dir), a command (MODULE), or `commands`: start programs and images; may be given several times',
  },
}

/** For scenarios that are read and never played. */
export const EVERYTHING_ALLOWED: Allowed = new Set([...ALLOWABLE_SETTINGS, ...ALLOWABLE_COMMANDS, COMMANDS])

/** For commands that read scenarios. */
export const programsFlag: Flags = {
  programs: {
    type: 'string',
    value: 'FOLDER',
    help: "where programs lie that scenarios start (default: each scenario's own folder): for a scenario that an earlier run left",
  },
}

/** The folder of `--programs`; undefined without it. Throws UsageError if there is none. */
export function programsIn(line: ParsedLine): string | undefined {
  const folder = line.text('programs')
  if (folder !== undefined && !isFolder(folder)) throw new UsageError(`--programs ${folder}: there is no such folder`)
  return folder
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
