import { statSync } from 'node:fs'
import { basename } from 'node:path'
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
  const isFolder = statSync(word, { throwIfNoEntry: false })?.isDirectory() === true
  return isFolder || names.some((name) => basename(name) === word || name.startsWith(`${word}/`))
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
