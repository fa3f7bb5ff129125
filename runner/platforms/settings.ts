import { type Allowed, NOTHING_ALLOWED } from './allowed.ts'
import { settingRefusal } from './setting-policy.ts'

/** Server settings as users give them (`--config NAME=VALUE`, `cluster.config` of a scenario). */

/**
 * What is wrong with a server setting given by a user, as one sentence; undefined if it may be handed to the server.
 * Whether the server knows the setting is the server's to say.
 */
export function settingProblem(name: string, value: string, allowed: Allowed = NOTHING_ALLOWED): string | undefined {
  return settingRefusal(name, allowed) ?? settingFormProblem(name, value)
}

/** The same without the policy: what is wrong with how it is written. */
export function settingFormProblem(name: string, value: string): string | undefined {
  if (!/^[a-z0-9-]+$/.test(name)) {
    return `\`${printable(name)}\` is not a server setting: lower-case letters, digits and hyphens only`
  }
  if (/[\p{Cc}\u2028\u2029]/u.test(value)) {
    return `the value of \`${name}\` must be one line without control characters, not \`${printable(value)}\``
  }
  if (value.trim() === '' && value !== '') return `the value of \`${name}\` is blank; for an empty value write \`""\``
  if (splitWords(value) === undefined) {
    return `the value of \`${name}\` has a quote that is not closed, or not followed by a space: \`${value}\``
  }
  return undefined
}

/**
 * Lines of a `redis.conf` for these settings. A value is split into words as the server does it (quotes keep a word
 * together, `""` is an empty word), and each word is quoted again where it must be: `save: 3600 1 300 100` stays four
 * words. Throws Error with the sentence of `settingProblem` for a setting that may not be given.
 */
export function renderSettings(settings: Readonly<Record<string, string>>, allowed: Allowed): string {
  return Object.entries(settings)
    .map(([name, value]) => {
      const problem = settingProblem(name, value, allowed)
      if (problem) throw new Error(problem)
      const words = splitWords(value) ?? []
      return `${[name, ...(words.length === 0 ? [''] : words).map(quoteWord)].join(' ')}\n`
    })
    .join('')
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07' }

/** One word of `redis.conf`, by the rules of `sdssplitargs` (sds.c, Redis 7.0): undefined when a quote is left open. */
function splitWords(value: string): string[] | undefined {
  const words: string[] = []
  let rest = value.trimStart()
  while (rest !== '') {
    const match = /^(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s"']+))(?=\s|$)\s*/.exec(rest)
    if (!match) return undefined
    const [whole, double, single, bare] = match
    if (double !== undefined) words.push(unescapeDouble(double))
    else words.push(single !== undefined ? single.replaceAll("\\'", "'") : (bare ?? ''))
    rest = rest.slice(whole.length)
  }
  return words
}

function unescapeDouble(text: string): string {
  return text.replace(/\\(x[0-9a-fA-F]{2}|.)/g, (_, code: string) =>
    code.length === 3 ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : (ESCAPES[code] ?? code),
  )
}

/** One word of `redis.conf`, in quotes where it must be. */
export function quoteWord(word: string): string {
  if (/^[\w./:@%+,=~^*-]+$/.test(word)) return word
  const escaped = word.replace(/["\\]/g, '\\$&').replace(/\p{Cc}/gu, (control) => {
    return `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
  return `"${escaped}"`
}

function printable(text: string): string {
  return JSON.stringify(text).slice(1, -1).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}
