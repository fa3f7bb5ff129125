/**
 * The words of a command line up to the cursor, as a shell takes them; the last is the one that is being written, and is
 * empty behind a space. Quotes and backslashes are taken away, also where they are not closed yet.
 */
export function wordsOf(line: string): string[] {
  const words: string[] = ['']
  let quote: string | undefined
  for (let at = 0; at < line.length; at += 1) {
    const sign = line.charAt(at)
    if (sign === '\\' && quote !== "'") {
      at += 1
      words.push((words.pop() ?? '') + line.charAt(at))
    } else if (quote === undefined ? sign === '"' || sign === "'" : sign === quote) {
      quote = quote === undefined ? sign : undefined
    } else if (quote === undefined && /\s/.test(sign)) {
      if (words.at(-1) !== '') words.push('')
    } else words.push((words.pop() ?? '') + sign)
  }
  return words
}
