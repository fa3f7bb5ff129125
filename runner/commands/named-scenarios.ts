import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { isFolder } from '../base/folders.ts'
import { didYouMean } from '../base/nearest.ts'
import {
  type FoundScenario,
  findScenario,
  listScenarios,
  rootOf,
  scenarioNames,
  scenariosBelow,
  scenariosOf,
} from '../scenario/library.ts'
import { nearestSuite } from './choosing/suites.ts'

/** What a user named and is not there. */
interface NotFound {
  error: string
  hint: string
}

type Named = FoundScenario | NotFound

const HINT =
  'scenarios are files that end in .yaml or .yml; those in a folder named `steps` are step files, which scenarios use'

/**
 * The scenarios that a user names: each word is a name of the library, the path of a file, a folder here or a subject of
 * the library (all below it) or a pattern (`*`, `**`, `?`, `[…]`, `{…}`) of paths or, where no path is like it, of names. What folders and patterns have
 * in common with words before them is there once.
 */
export async function scenariosNamed(words: readonly string[], library: readonly string[]): Promise<Named[]> {
  const found: Named[] = []
  const seen = new Set<string>()
  for (const word of words) {
    const several = await severalOf(word, library)
    const fresh = several?.filter(({ file }) => !seen.has(path.resolve(file)))
    if (several?.length === 0) found.push(nothingAt(word))
    else found.push(...(fresh ?? [oneOf(word, library)]))
    for (const each of found) if ('file' in each) seen.add(path.resolve(each.file))
  }
  return found
}

/** What a folder or pattern stands for; undefined if the word is neither. */
async function severalOf(word: string, library: readonly string[]): Promise<FoundScenario[] | undefined> {
  if (isPattern(word)) return matching(word, library)
  if (scenarioNames(library).includes(word)) return undefined
  if (isFolder(word)) return below(word, library)
  const ofSubject = scenariosOf(word, library)
  return ofSubject.length > 0 ? ofSubject : undefined
}

function isPattern(word: string): boolean {
  return /[*?[{]/.test(word) && !existsSync(word)
}

/** Step files lie in the folder that was named, or anywhere in a folder of the library around it. */
function below(folder: string, library: readonly string[]): FoundScenario[] {
  return scenariosBelow(folder).map((each) => ({ ...each, root: rootOf(each.file, library) ?? each.root }))
}

/** The pattern's own folders end where its first wildcard is: below it is looked for files. */
async function matching(pattern: string, library: readonly string[]): Promise<FoundScenario[]> {
  const { minimatch } = await import('minimatch')
  const parts = path.normalize(pattern).split(path.sep)
  const fixed = parts.slice(0, parts.findIndex(isPattern)).join(path.sep)
  const folder = pattern.startsWith(path.sep) ? fixed || path.sep : fixed || '.'
  const files = below(folder, library).filter(({ file }) => minimatch(path.normalize(file), path.normalize(pattern)))
  if (files.length > 0) return files
  return listScenarios(...library)
    .filter(({ name }) => minimatch(name, pattern, { matchBase: true }))
    .map(({ file, folder: root, problem }) => ({ file, root, ...(problem !== undefined && { problem }) }))
}

function nothingAt(word: string): NotFound {
  return { error: isPattern(word) ? `no scenario is like ${word}` : `there is no scenario in ${word}`, hint: HINT }
}

function oneOf(word: string, library: readonly string[]): Named {
  const isPath = /^\.{0,2}\/|\/$/.test(word) && path.extname(word) === ''
  if (isPath) return { error: `there is no folder ${word}`, hint: nearTo(word) ?? HINT }
  const found = findScenario(word, ...library)
  return 'error' in found ? withSuite(found, word) : found
}

/** A suite may have been meant as well. */
function withSuite({ error, hint }: NotFound, word: string): NotFound {
  const suite = nearestSuite(word)
  if (suite === undefined) return { error, hint }
  const others = /^did you mean (.*)\?$/.exec(hint)?.[1]
  return { error, hint: `did you mean ${others === undefined ? '' : `${others} or `}the suite ${suite}?` }
}

/** What is beside a path that was misspelt. */
function nearTo(word: string): string | undefined {
  const around = path.dirname(word)
  const beside = isFolder(around) ? readdirSync(around) : []
  return didYouMean(path.basename(word), beside, (name) => (around === '.' ? name : path.join(around, name)))
}
