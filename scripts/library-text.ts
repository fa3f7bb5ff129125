import path from 'node:path'
import { type LibraryEntry, listScenarios } from '../runner/scenario/library.ts'

/** The folders of the library, in the order in which somebody who is new to clusters reads them. */
export const SUBJECTS: Record<string, string> = {
  basic: 'A node stops, dies, freezes or restarts, and the cluster goes on or comes back.',
  manual: 'Somebody asks for a failover: when it works, what it costs, and when it is refused or given up.',
  election: 'Who is elected when a master dies, by whom, and what happens when votes or epochs collide.',
  partition: 'Nodes that do not reach each other, in one direction or both, or reach each other badly.',
  quorum: 'What is left when there is no majority of masters, and the way back.',
  data: 'What is on disk and on replicas after a crash, a full disk, little memory, a damaged file.',
  slots: 'Slots that move, who owns them, and what clients are told meanwhile.',
  membership: 'Nodes that join, leave, are forgotten, move to another address, or follow another master.',
  clients: 'What applications notice: their client libraries, connections, messages and reads from replicas.',
  scale: 'Many nodes, and many failovers at once.',
}

/** docs/library.md: what there is, by subject; the links are seen from its folder. Throws for a folder without a subject. */
export function libraryText(scenarios: string): string {
  const all = listScenarios(scenarios)
  const unknown = all.filter(({ name }) => !(folderOf(name) in SUBJECTS)).map(({ name }) => name)
  if (unknown.length > 0) throw new Error(`no subject is given for the folder of ${unknown.join(', ')}`)
  const subjects = Object.entries(SUBJECTS)
    .map(([name, says]) => ({ name, says, entries: all.filter((entry) => folderOf(entry.name) === name) }))
    .filter(({ entries }) => entries.length > 0)
  return [
    '# The library of scenarios',
    '',
    'Written by `npm run library-table` from `scenarios/`. Any of them is played with `npm run scenario NAME`,',
    'and with every rule of the audit: what one of them means to bring about stands in it under `audit:`.',
    '[servers.md](servers.md) tells which of them pass on which server, [twin-table.md](twin-table.md) what makes them fail.',
    '',
    `${all.length} scenarios, by subject:`,
    '',
    '| subject | scenarios | what they are about |',
    '|---|---|---|',
    ...subjects.map(({ name, says, entries }) => `| [${name}](#${name}) | ${entries.length} | ${says} |`),
    ...subjects.flatMap(({ name, says, entries }) => [
      '',
      `## ${name}`,
      '',
      says,
      '',
      '| scenario | what it shows | tags |',
      '|---|---|---|',
      ...entries.map((entry) => row(entry, scenarios)),
    ]),
    '',
  ].join('\n')
}

function folderOf(name: string): string {
  return name.split('/')[0] ?? ''
}

function row({ name, file, title = '', tags }: LibraryEntry, scenarios: string): string {
  const link = `../scenarios/${path.relative(scenarios, file).split(path.sep).join('/')}`
  return `| [${path.basename(name)}](${link}) | ${title.replaceAll('|', '\\|')} | ${tags.join(', ')} |`
}
