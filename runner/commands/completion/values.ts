import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { scenarioNames } from '../../scenario/library.ts'
import { SUITES } from '../choosing/suites.ts'
import { FAULTS, LOADS, SURVIVORS, TARGETS } from '../new/choices.ts'
import { projectRoot, reportsFolder } from '../project.ts'
import { SHELLS } from './scripts.ts'

/** What may be written at a place, with what it means, if that is to be shown. */
export interface Candidate {
  word: string
  says?: string
}

/** Where words are looked for. */
export interface Places {
  /** Folders of scenarios. */
  library: readonly string[]
}

type Source = (places: Places) => Candidate[] | Promise<Candidate[]>

const plain = (words: readonly string[]): Candidate[] => words.map((word) => ({ word }))

/** A file is read no further than its head: tags stand there. */
const HEAD_BYTES = 4096
const MOST_RUNS = 50

/** Names as short as they may be typed, and the subjects. */
const scenarios: Source = ({ library }) => {
  const names = scenarioNames(library)
  const last = names.map((name) => path.posix.basename(name))
  const subjects = names.map((name) => path.posix.dirname(name)).filter((subject) => subject !== '.')
  const short = names.map((name, at) =>
    last.indexOf(last[at] ?? '') === last.lastIndexOf(last[at] ?? '') ? last[at] : name,
  )
  return plain([...new Set([...short, ...subjects])].filter((word) => word !== undefined).sort())
}

const scenariosAndSuites: Source = async (places) => [
  ...(await scenarios(places)),
  ...SUITES.map(({ name, about }) => ({ word: name, says: `suite: ${about}` })),
]

interface Positional {
  words: Source
  /** Whether it takes more than one. */
  several?: boolean
}

/** What commands take beside flags. Those that are not here take files, or nothing. */
export const POSITIONALS: Readonly<Record<string, Positional>> = {
  run: { words: scenariosAndSuites, several: true },
  list: { words: scenariosAndSuites, several: true },
  validate: { words: scenariosAndSuites, several: true },
  explain: { words: scenarios, several: true },
  report: { words: runs },
  check: { words: runs },
  open: { words: runs },
  completion: { words: () => plain(SHELLS) },
  help: { words: topics, several: true },
  cluster: { words: () => plain(CLUSTER_ACTIONS) },
  client: { words: async () => plain(['list', 'install', ...(await driverNames())]), several: true },
}

/** Values of flags that have some, wherever the flag is; those of `LISTS` may be several, with commas. */
export const VALUES: Readonly<Record<string, Source>> = {
  server: async () => {
    const { serverNames } = await import('../../platforms/catalogue.ts')
    return plain(await serverNames(projectRoot))
  },
  ci: () => plain(['github', 'gitlab', 'jenkins']),
  platform: () => plain(['auto', 'docker', 'process']),
  client: async () => plain(['direct', 'ioredis', ...(await driverNames())]),
  tag: ({ library }) => plain(tagsIn(library)),
  'not-tag': ({ library }) => plain(tagsIn(library)),
  reporter: () => plain(REPORTERS),
  format: () => plain(REPORTERS),
  audit: () => plain(['warn']),
  password: () => plain(['random']),
  fails: () => [...FAULTS],
  target: () => [...TARGETS],
  load: () => [...LOADS],
  survives: () => [...SURVIVORS],
}

export const LISTS: ReadonlySet<string> = new Set(['server', 'client', 'reporter', 'format', 'survives'])

/** As `cluster.ts` and `report/index.ts` have them, which bring much along: nobody is to wait for that. */
export const CLUSTER_ACTIONS = ['build', 'run', 'form', 'up', 'status', 'stop', 'start', 'clean']
export const REPORTERS = ['console', 'tap', 'json', 'junit', 'markdown', 'github', 'metrics', 'html']

async function driverNames(): Promise<readonly string[]> {
  const { clientNames } = await import('../../workload/drivers/registry.ts')
  return clientNames()
}

/** Words of the language. */
async function topics(): Promise<Candidate[]> {
  const [{ topicsOf }, { verbs }] = await Promise.all([
    import('../../scenario/reference/topics.ts'),
    import('../../steps/index.ts'),
  ])
  return topicsOf(verbs).map(({ name, summary }) => ({ word: name, says: summary }))
}

/** Names of runs, the latest first. */
function runs(): Candidate[] {
  const names = entriesOf(reportsFolder).filter((name) => /^\d{4}-\d\d-\d\dT/.test(name))
  return plain(
    [...entriesOf(reportsFolder).filter((name) => name === 'latest'), ...names.sort().reverse()].slice(0, MOST_RUNS),
  )
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** Tags as scenarios are usually written, `tags: [a, b]` or one a line: reading them as YAML would take too long. */
function tagsIn(library: readonly string[]): string[] {
  const tags = library.flatMap((folder) => scenarioNames([folder]).flatMap((name) => tagsOf(path.join(folder, name))))
  return [...new Set(tags)].sort()
}

/** `file` is without its ending. */
function tagsOf(file: string): string[] {
  const head = headOf(`${file}.yaml`) || headOf(`${file}.yml`)
  const inline = /^tags: *\[([^\]]*)\]/m.exec(head)?.[1]?.split(',')
  const listed = /^tags: *\n((?: *- .*\n)+)/m
    .exec(head)?.[1]
    ?.split('\n')
    .map((line) => line.replace(/^ *- /, ''))
  const one = /^tags: *([\w-]+) *$/m.exec(head)?.[1]
  return [...(inline ?? listed ?? []), ...(one === undefined ? [] : [one])]
    .map((tag) => tag.trim().replace(/^(["'])(.*)\1$/, '$2'))
    .filter((tag) => tag !== '')
}

function headOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').slice(0, HEAD_BYTES)
  } catch {
    return ''
  }
}
