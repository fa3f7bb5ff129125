import { typed } from '../base/command-line.ts'
import { UsageError } from '../base/errors.ts'
import { nearestWord } from '../base/nearest.ts'
import { outputStyle, painter } from '../report/style.ts'
import { keysIn, keyTopic } from '../scenario/reference/key-topics.ts'
import type { Topic } from '../scenario/reference/topic.ts'
import { OVERVIEWS, topicsOf } from '../scenario/reference/topics.ts'
import { verbs } from '../steps/index.ts'
import { type HelpStyle, rowLines, topicText } from './help-text.ts'

const [NARROWEST, WIDEST, WITHOUT_TERMINAL] = [30, 110, 100]

/** As wide as the terminal, with headings in bold where it takes that. */
export function helpStyle(
  stream: { isTTY?: boolean; columns?: number },
  env: Readonly<Record<string, string | undefined>>,
): HelpStyle {
  const paint = painter(outputStyle(stream, env).color)
  const width = Math.min(Math.max(stream.columns ?? WITHOUT_TERMINAL, NARROWEST), WIDEST)
  return { width, bold: (text) => paint('bold', text) }
}

/** What `help` says of these words, each a command (by `commandHelp`) or a word of the language. Throws UsageError. */
export async function helpOn(
  words: readonly string[],
  commandHelp: ReadonlyMap<string, () => Promise<string>>,
  style: HelpStyle,
): Promise<string> {
  const topics = topicsOf(verbs)
  const texts = await Promise.all(
    words.map(async (word) => {
      const command = await commandHelp.get(word)?.()
      const found = topicsOn(word, topics).map((topic) => topicText(topic, style))
      if (command === undefined && found.length === 0) throw unknown(word, [...commandHelp.keys()])
      return [...(command === undefined ? [] : [command]), ...found]
    }),
  )
  return texts.flat().join('\n\n')
}

/** Those of that name; and what it means as a key, unless a chapter tells all of it. */
function topicsOn(word: string, topics: readonly Topic[]): Topic[] {
  const named = topics.filter(({ name }) => name === word)
  const asKey = named.some(({ kind }) => kind === 'topic') ? undefined : keyTopic(word, topics)
  return asKey ? [...named, asKey] : named
}

function unknown(word: string, commands: readonly string[]): UsageError {
  const topics = topicsOf(verbs)
  const similar = nearestWord(word, [...commands, ...topics.map(({ name }) => name), ...keysIn(topics)])
  const what = similar === undefined ? `\`${typed('help')}\` lists what there is` : `did you mean \`${similar}\`?`
  return new UsageError(`there is no help on \`${word}\`; ${what}`)
}

/** What the language has, for `help` without a word. */
export function languageOverview(style: HelpStyle): string {
  const chapters = topicsOf(verbs).filter(({ kind }) => kind === 'topic')
  return [
    'The language of scenarios:',
    '',
    ...rowLines(
      chapters.map(({ name, summary }) => [name, summary]),
      style.width,
    ),
    '',
    ...rowLines([['verbs', verbs.map(({ name }) => name).join(', ')]], style.width),
    '',
    `\`${typed('help', ['WORD'])}\` tells more of each: ${OVERVIEWS.join(', ')}, and each verb, check, workload and key by its name.`,
  ].join('\n')
}
