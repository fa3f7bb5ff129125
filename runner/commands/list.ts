import Table from 'cli-table3'
import { typed } from '../base/command-line.ts'
import { UsageError } from '../base/errors.ts'
import { EXIT } from '../base/exit.ts'
import { listScenarios } from '../scenario/library.ts'
import type { Command } from './command.ts'
import { chosenNames } from './load-scenarios.ts'
import { scenariosFolder, shown } from './project.ts'

export const list: Command = {
  usage: 'list [flags]',
  flags: { tag: { type: 'string', multiple: true, value: 'TAG', help: 'only the scenarios with one of these tags' } },
  async run(line, { out }) {
    if (line.positionals.length > 0) throw new UsageError('list takes no names')
    const tags = line.texts('tag')
    out.print(scenarioTable(tags.length === 0 ? undefined : chosenNames([], tags)))
    return EXIT.passed
  },
}

/** All scenarios, or those of these names, with their titles and tags. */
export function scenarioTable(names?: readonly string[]): string {
  const entries = listScenarios(scenariosFolder).filter(({ name }) => names?.includes(name) ?? true)
  if (entries.length === 0) return `There are no scenarios in ${shown(scenariosFolder)}.`
  const table = new Table({
    head: ['scenario', 'title', 'tags'],
    style: { head: [], border: [] },
    colWidths: [null, 62, null],
    wordWrap: true,
  })
  for (const { name, title, tags } of entries)
    table.push([name, title ?? `(cannot be read: ${typed('validate')})`, tags.join(', ')])
  return table.toString()
}
