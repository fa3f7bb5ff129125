import { UsageError } from '../base/errors.ts'
import { isFolder } from '../base/folders.ts'
import type { Flags, ParsedLine } from './flags.ts'
import { scenariosFolder } from './project.ts'

/** Flags of every command to which scenarios are named. */
export const libraryFlags: Flags = {
  scenarios: {
    type: 'string',
    multiple: true,
    value: 'FOLDER',
    help: 'scenarios of your own, known by their names below it; may be given several times',
  },
  stock: {
    type: 'boolean',
    help: 'know those that come with redis-chaos, too, whatever redis-chaos.yaml says (default)',
  },
  'no-stock': { type: 'boolean', help: 'know only those, and none that come with redis-chaos' },
}

/** The folders that `libraryFlags` name: of two scenarios of a name, the one in the first is meant. Throws UsageError. */
export function libraryOf(line: ParsedLine): string[] {
  const own = line.texts('scenarios')
  for (const folder of own) {
    if (!isFolder(folder)) throw new UsageError(`--scenarios ${folder}: there is no such folder`)
  }
  const isOwnOnly = line.on('no-stock') && !line.on('stock')
  if (isOwnOnly && own.length === 0)
    throw new UsageError('--no-stock leaves no scenario to know: name a folder of your own with --scenarios')
  return isOwnOnly ? own : [...own, scenariosFolder]
}
