import { visible } from './text.ts'

/** Quoted for a POSIX shell, if it must be: the command is printed for people to paste. */
export function quoted(text: string): string {
  return /^[A-Za-z0-9_=.,:/@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/** The words of a text that `quoted` made, as they were. */
export function wordsOf(text: string): string[] {
  const found = text.match(/(?:[^\s'\\]|'[^']*'|\\')+/g) ?? []
  return found.map((word) =>
    word.replaceAll(/'([^']*)'|\\(')/g, (_, inside?: string, quote?: string) => inside ?? quote ?? ''),
  )
}

/** Words as `quoted` leaves them, `***` in the place of secrets among them. */
const WORDS = /^(?:(?:[A-Za-z0-9_=.,:/@%+-]|\*\*\*|'[^']*'|\\')+(?: |$))+$/

/** Whether a shell takes all of it for words: nothing in it runs, expands or redirects anything, or begins a new line. */
export function isWords(text: string): boolean {
  return visible(text) === text && WORDS.test(text)
}
