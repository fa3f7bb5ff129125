import { UsageError } from '../base/errors.ts'
import type { Detail } from '../report/style.ts'
import type { Flags, ParsedLine } from './flags.ts'

export const consoleFlags: Flags = {
  verbose: { type: 'boolean', help: 'print the table of steps too, with limits and how each was seen to have worked' },
  quiet: { type: 'boolean', help: 'print failures and the last lines only, and no progress' },
}

/** How much the console is to tell. Throws UsageError where it cannot be both. */
export function consoleDetail(line: ParsedLine): Detail {
  if (line.on('verbose') && line.on('quiet')) throw new UsageError('--verbose and --quiet are opposites: choose one')
  if (line.on('verbose')) return 'verbose'
  return line.on('quiet') ? 'quiet' : 'normal'
}
