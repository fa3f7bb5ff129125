import Table from 'cli-table3'
import { typed } from '../base/command-line.ts'
import { UsageError } from '../base/errors.ts'
import { EXIT } from '../base/exit.ts'
import type { Command, CommandContext } from './command.ts'
import { chosenNames, libraryEntries } from './load-scenarios.ts'
import { scenariosFolder, shown } from './project.ts'

export const list: Command = {
  usage: 'list [flags]',
  flags: { tag: { type: 'string', multiple: true, value: 'TAG', help: 'only the scenarios with one of these tags' } },
  async run(line, context) {
    const { out } = context
    if (line.positionals.length > 0) throw new UsageError('list takes no names')
    const tags = line.texts('tag')
    const names = tags.length === 0 ? undefined : await chosenNames([], tags, context)
    out.print(await scenarioTable(context, names))
    return EXIT.passed
  },
}

/** All scenarios, or those of these names, with their titles and tags. */
export async function scenarioTable(
  context: Pick<CommandContext, 'signal'>,
  names?: readonly string[],
): Promise<string> {
  const entries = (await libraryEntries(context)).filter(({ name }) => names?.includes(name) ?? true)
  if (entries.length === 0) return `There are no scenarios in ${shown(scenariosFolder)}.`
  const table = new Table({
    head: ['scenario', 'title', 'tags'],
    style: { head: [], border: [] },
    colWidths: [null, 62, null],
    wordWrap: true,
  })
  for (const { name, title, tags, problem } of entries)
    table.push([name, title ?? `(cannot be read: ${problem ?? typed('validate')})`, tags.join(', ')])
  return table.toString()
}
