import { UsageError } from '../base/errors.ts'
import type { Allowed } from '../platforms/allowed.ts'
import { serverNames } from '../platforms/catalogue.ts'
import type { ClientChoice } from '../scenario/client-choice.ts'
import { type Diagnostic, renderDiagnostics } from '../scenario/diagnostic.ts'
import { type LibraryEntry, scenarioNames, scenariosIn, withTags } from '../scenario/library.ts'
import { loadScenarioFile } from '../scenario/load.ts'
import type { Scenario } from '../scenario/model.ts'
import { verbByName } from '../steps/index.ts'
import { inSuite, isTaken, SUITES, suiteNamed } from './choosing/suites.ts'
import type { CommandContext } from './command.ts'
import { scenariosNamed } from './named-scenarios.ts'
import type { GivenParams } from './param-flags.ts'
import { projectRoot, shown } from './project.ts'
import { unknownServers } from './unknown-servers.ts'

/** What the person at the keyboard says to it. */
export interface LoadedBy {
  allowed?: Allowed
  portBase?: number
  /** For workloads that name no client. */
  client?: ClientChoice | undefined
  /** Where programs lie that scenarios start; each scenario's own folder if not given. */
  programs?: string | undefined
  /** They are read and never played. */
  startsNothing?: boolean
}

/** What loading needs of its command. */
type Loading = Pick<CommandContext, 'out' | 'signal' | 'library'>

/** All scenarios of the library; a Ctrl-C is heard between two of them. */
export async function libraryEntries({ signal, library }: Omit<Loading, 'out'>): Promise<LibraryEntry[]> {
  const entries: LibraryEntry[] = []
  for (const entry of scenariosIn(library)) {
    entries.push(entry)
    await pause(signal)
  }
  return entries
}

/** Scenarios as a command line asks for them. */
export interface AskedFor {
  /** Scenarios, folders, patterns and suites. */
  words: readonly string[]
  tags?: readonly string[]
  /** All that there are. */
  all?: boolean
}

/**
 * Names of the scenarios asked for: those named, those of suites, and those with one of the tags. Files that nobody can
 * read have no tags, which is told. Throws UsageError if a tag has none.
 */
export async function chosenNames({ words, tags = [], all = false }: AskedFor, context: Loading): Promise<string[]> {
  const known = scenarioNames(context.library)
  const suites = new Map(words.map((word) => [word, suiteNamed(word, known)] as const))
  const isListed = all || tags.length > 0 || [...suites.values()].some((suite) => suite !== undefined)
  const entries = isListed ? await readableEntries(context) : []
  for (const word of words) {
    if (SUITES.some(({ name }) => name === word) && isTaken(word, known))
      context.out.progress(`${word} is a scenario or a folder here, which is played; the suite is --tag ${word}`)
  }
  for (const tag of [...tags, ...[...suites.values()].flatMap((suite) => suite?.tag ?? [])]) {
    if (withTags(entries, [tag]).length === 0) {
      const others = [...new Set(entries.flatMap((entry) => entry.tags))].sort()
      throw new UsageError(`no scenario has the tag ${tag}; there are the tags ${others.join(', ')}`)
    }
  }
  const names = words.flatMap((word) => {
    const suite = suites.get(word)
    return suite === undefined ? [word] : inSuite(suite, entries).map(({ name }) => name)
  })
  const more = all ? entries : withTags(entries, tags)
  const several = [...suites.values()].some((suite) => suite !== undefined)
  const chosen = [...names, ...more.map(({ name }) => name)]
  return several ? [...new Set(chosen)] : chosen
}

async function readableEntries(context: Loading): Promise<LibraryEntry[]> {
  const entries = await libraryEntries(context)
  for (const { file, problem } of entries) {
    if (problem !== undefined) context.out.progress(`${shown(file)} is left out: ${problem}`)
  }
  return entries.filter(({ problem }) => problem === undefined)
}

/** Reads scenarios by name, path, folder or pattern. Throws UsageError with all that is wrong with all of them. */
export async function loadScenarios(
  names: readonly string[],
  params: GivenParams,
  context: Loading,
  by: LoadedBy = {},
): Promise<Scenario[]> {
  const { scenarios, complaints } = await readScenarios(names, params, context, by)
  if (complaints.length > 0) throw new UsageError(complaints.join('\n'))
  return scenarios
}

/** The same: those in which nothing is wrong, and what is wrong with the others. */
export async function readScenarios(
  names: readonly string[],
  params: GivenParams,
  { out, signal, library }: Loading,
  by: LoadedBy = {},
): Promise<{ scenarios: Scenario[]; complaints: string[] }> {
  const scenarios: Scenario[] = []
  const diagnostics: Diagnostic[] = []
  const complaints: string[] = []
  const servers = await serverNames(projectRoot)
  for (const found of await scenariosNamed(names, library)) {
    await pause(signal)
    if ('error' in found) complaints.push(`${found.error}; ${found.hint}`)
    else if (found.problem !== undefined) complaints.push(`${shown(found.file)}: ${found.problem}`)
    else {
      const { set, secretParams } = params
      const where = { file: shown(found.file), root: found.root, verbs: verbByName }
      const loaded = loadScenarioFile({ ...where, set, secretParams, ...by })
      const problems = 'scenario' in loaded ? unknownServers(loaded.scenario, servers) : loaded.diagnostics
      diagnostics.push(...problems)
      if ('scenario' in loaded && problems.length === 0) scenarios.push(loaded.scenario)
    }
  }
  if (diagnostics.length > 0) complaints.push(renderDiagnostics(diagnostics, { color: out.color }).trimEnd())
  return { scenarios, complaints: complaints.map((text) => params.hide(text)) }
}

/** Reading is done at one go: without a pause no signal would be heard before all is read. */
async function pause(signal: AbortSignal): Promise<void> {
  await new Promise(setImmediate)
  signal.throwIfAborted()
}
