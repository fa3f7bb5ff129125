/** Commands as scenarios write them: as one text, or as a list of words. */

/**
 * The words of a command written as one text: `SET aa "hello world"`. Quotes group, and inside double quotes a
 * backslash escapes; there is nothing else (no variables, no shell). Throws an Error with a plain sentence if a quote
 * is left open.
 */
export function commandWords(text: string): string[] {
  const words: string[] = []
  const pattern = /\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s"']+))(?=\s|$)/gy
  let end = 0
  while (text.slice(end).trim() !== '') {
    pattern.lastIndex = end
    const match = pattern.exec(text)
    if (!match)
      throw new Error(
        `a quote is out of place in \`${text.trim()}\`; write the command as a list instead: [SET, key, value]`,
      )
    words.push(match[1]?.replace(/\\(.)/g, '$1') ?? match[2] ?? match[3] ?? '')
    end = pattern.lastIndex
  }
  return words
}

/** A command as one text again: words are in quotes where they would be several, or none. */
export function commandText(words: readonly (string | number)[]): string {
  return words.map(commandWord).join(' ')
}

function commandWord(word: string | number): string {
  const text = String(word)
  return /^[^\s"']+$/.test(text) ? text : JSON.stringify(text)
}
