import { isWords } from './shell-words.ts'

/** What `npm pack` takes was built into `dist/package`; the builds of a clone lie beside it. */
export const isPackage = import.meta.url.includes('/dist/package/')

/** npm's scripts whose name is not that of their command. */
const SCRIPTS: Readonly<Record<string, string>> = { run: 'scenario', check: 'judge' }

/**
 * What a user types for a command of redis-chaos: one of npm's scripts in a clone, the program itself where it is
 * installed. `words` and `flags` are as a shell takes them.
 */
export function typed(command: string, words: readonly string[] = [], flags: readonly string[] = []): string {
  if (isPackage) return ['npx redis-chaos', command, ...words, ...flags].join(' ')
  return [`npm run ${SCRIPTS[command] ?? command}`, ...words, ...(flags.length > 0 ? ['--'] : []), ...flags].join(' ')
}

/** Whether a text from elsewhere is a command that plays scenarios, as `typed` gives it, and nothing else. */
export function isTypedToPlay(text: string): boolean {
  return /^(?:npx redis-chaos (?:run|nightly)|npm run (?:scenario|nightly))(?: |$)/.test(text) && isWords(text)
}

/** npm's script beside a usage that names the command already; nothing where the program is installed. */
export function typedAsWell(command: string, rest: string): string {
  return isPackage ? '' : `        (npm run ${SCRIPTS[command] ?? command} ${rest})`
}
