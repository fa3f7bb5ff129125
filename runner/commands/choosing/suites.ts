import { basename } from 'node:path'
import { isFolder } from '../../base/folders.ts'
import { nearestWord } from '../../base/nearest.ts'
import { type LibraryEntry, withTags } from '../../scenario/library.ts'

/** A choice of scenarios that has a name. */
interface Suite {
  name: string
  /** The tag of its scenarios; absent: it has all of them. */
  tag?: string
  about: string
}

export const SUITES: readonly Suite[] = [
  { name: 'smoke', tag: 'smoke', about: 'a bit of everything in under a minute' },
  { name: 'nightly', tag: 'nightly', about: 'what a night plays' },
  { name: 'full', about: 'every scenario' },
]

/** The suite that a word names; undefined where it is the name of a scenario or folder: that one is meant. */
export function suiteNamed(word: string, names: readonly string[]): Suite | undefined {
  return isTaken(word, names) ? undefined : SUITES.find(({ name }) => name === word)
}

/** Whether the name of a suite is that of a scenario too, or of a folder in the library or here. */
export function isTaken(word: string, names: readonly string[]): boolean {
  return isFolder(word) || names.some((name) => basename(name) === word || name.startsWith(`${word}/`))
}

/**
 * The suite that a run with these words, tags and `--all` plays, if it plays one: reports and trends are named after it.
 */
export function suiteOfRun(
  { words, tags, all }: { words: readonly string[]; tags: readonly string[]; all: boolean },
  names: readonly string[],
): string | undefined {
  if (all) return SUITES.find(({ tag }) => tag === undefined)?.name
  const [word, tag] = [words[0], tags[0]]
  if (words.length + tags.length !== 1) return undefined
  if (word !== undefined) return suiteNamed(word, names)?.name
  return SUITES.find((suite) => suite.tag === tag)?.name
}

/** Its scenarios. */
export function inSuite({ tag }: Suite, entries: readonly LibraryEntry[]): LibraryEntry[] {
  return tag === undefined ? [...entries] : withTags(entries, [tag])
}

/** The suite that was most likely meant. */
export function nearestSuite(word: string): string | undefined {
  return nearestWord(
    word,
    SUITES.map(({ name }) => name),
  )
}
