import { typed } from '../base/command-line.ts'
import { UsageError } from '../base/errors.ts'
import { EXIT } from '../base/exit.ts'
import { displayWidth, oneLine, plural, wrap } from '../base/text.ts'
import { outputStyle, painter } from '../report/style.ts'
import { GAP, MARGIN, textTable } from '../report/text-table.ts'
import { headOf, type LibraryEntry, shortName } from '../scenario/library.ts'
import { inSuite, isTaken, SUITES } from './choosing/suites.ts'
import type { Command, CommandContext } from './command.ts'
import { libraryFlags } from './library-flags.ts'
import { chosenNames, libraryEntries } from './load-scenarios.ts'
import { scenariosNamed } from './named-scenarios.ts'
import { scenariosFolder, shown } from './project.ts'

export const list: Command = {
  usage: 'list [NAME…] [flags]',
  details: ['  NAME is the name of a scenario, a file, a folder or a pattern; without one, all that there are.'],
  flags: {
    tag: { type: 'string', multiple: true, value: 'TAG', help: 'only the scenarios with one of these tags' },
    ...libraryFlags,
  },
  async run(line, context) {
    const { out } = context
    const tags = line.texts('tag')
    if (line.positionals.length > 0) {
      const entries = await entriesNamed(await chosenNames({ words: line.positionals }, context), context)
      out.print(tableOf(entries.filter((entry) => tags.length === 0 || entry.tags.some((tag) => tags.includes(tag)))))
    } else {
      out.print(
        await scenarioTable(context, tags.length === 0 ? undefined : await chosenNames({ words: [], tags }, context)),
      )
    }
    return EXIT.passed
  },
}

/** All scenarios, or those of these names, with their titles and tags; one's own first. */
export async function scenarioTable(
  { signal, library }: Pick<CommandContext, 'signal' | 'library'>,
  names?: readonly string[],
): Promise<string> {
  const all = await libraryEntries({ signal, library })
  const entries = shortened(
    all.filter(({ name }) => names?.includes(name) ?? true),
    { all, library },
  )
  entries.sort((one, other) => library.indexOf(one.folder) - library.indexOf(other.folder))
  if (entries.length === 0) return `There are no scenarios in ${library.map(shown).join(' or ')}.`
  return [tableOf(entries), ...entries.flatMap(hiding), ...(names === undefined ? suiteLines(all) : [])].join('\n')
}

/** Throws UsageError with all that is not there. */
async function entriesNamed(
  words: readonly string[],
  { library, signal }: Pick<CommandContext, 'signal' | 'library'>,
): Promise<LibraryEntry[]> {
  const found = await scenariosNamed(words, library)
  const wrong = found.flatMap((each) => ('error' in each ? [`${each.error}; ${each.hint}`] : []))
  if (wrong.length > 0) throw new UsageError(wrong.join('\n'))
  const known = await libraryEntries({ library, signal })
  return found.flatMap((each) => {
    if ('error' in each) return []
    const { file, root: folder, problem } = each
    const name = shown(file)
    const head = problem === undefined ? headOf(file) : { tags: [], problem }
    const entry = known.find((one) => one.file === file)
    return [
      entry === undefined ? { name, file, folder, ...head } : { ...entry, name: shortName(entry, known, library) },
    ]
  })
}

/** By the names that people type. */
function shortened(
  entries: readonly LibraryEntry[],
  { all, library }: { all: readonly LibraryEntry[]; library: readonly string[] },
): LibraryEntry[] {
  return entries.map((entry) => ({ ...entry, name: shortName(entry, all, library) }))
}

/** Columns of tags at most: they go on in the next line. */
const WIDEST_TAGS = 16
/** Of a title beside the rest; where it has less, it stands below. */
const LEAST_TITLE = 20

/** Where the scenarios are from is told where they are from several places. */
function tableOf(entries: readonly LibraryEntry[]): string {
  const { width } = outputStyle(process.stdout, process.env)
  const isMixed = new Set(entries.map(({ folder }) => folder)).size > 1
  const rows = entries.map(({ name, title, tags, problem, folder }) => {
    const words = title ?? `(cannot be read: ${problem ?? typed('validate')})`
    return [name, oneLine(words), tags.join(', '), ...(isMixed ? [placeOf(folder)] : [])]
  })
  const heads = ['scenario', 'title', 'tags', ...(isMixed ? ['from'] : [])]
  const widths = heads.map((head, column) =>
    Math.max(...[head, ...rows.map((row) => row[column] ?? '')].map(displayWidth)),
  )
  widths[2] = Math.min(widths[2] ?? 0, WIDEST_TAGS)
  const rest = widths.reduce((sum, columns, column) => sum + GAP + (column === 1 ? 0 : columns), 0)
  const room = width - MARGIN - rest
  if (room < LEAST_TITLE) return rows.flatMap((row) => blockOf(row, width)).join('\n')
  widths[1] = Math.min(widths[1] ?? 0, room)
  const headings = heads.map((text, column) => ({ text, align: 'left' as const, width: widths[column] ?? 0 }))
  const cells = rows.map((row) => row.map((text, column) => wrap(text, widths[column] ?? 1).join('\n')))
  return textTable(headings, cells, painter(false)).join('\n')
}

/** Where a table has no room: the name, and the rest below it. */
function blockOf([name = '', title = '', ...rest]: readonly string[], width: number): string[] {
  const beside = rest.filter((text) => text !== '').join(' · ')
  return [name, ...[title, beside].flatMap((text) => wrap(text, width - MARGIN).map((line) => `  ${line}`))]
}

function placeOf(folder: string): string {
  return folder === scenariosFolder ? 'redis-chaos' : shown(folder)
}

/** The suites that may be named in the place of scenarios, with how many each has. */
function suiteLines(entries: readonly LibraryEntry[]): string[] {
  const known = entries.map(({ name }) => name)
  const suites = SUITES.flatMap((suite) => {
    const { name, about } = suite
    const count = inSuite(suite, entries).length
    return count === 0 || isTaken(name, known) ? [] : [`  ${name.padEnd(9)}${plural(count, 'scenario')}: ${about}`]
  })
  return suites.length === 0 ? [] : ['', 'Suites, which may be named as scenarios are:', ...suites]
}

function hiding({ name, file, hides }: LibraryEntry): string[] {
  return hides === undefined ? [] : [`${name} is ${shown(file)}, and not ${shown(hides)}, which its path plays.`]
}
