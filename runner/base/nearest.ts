/**
 * Edits between two words: a letter added, dropped or changed, or two neighbours swapped (optimal string alignment).
 */
export function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let best = Math.min(at(rows, i - 1, j) + 1, (row[j - 1] ?? 0) + 1, at(rows, i - 1, j - 1) + cost)
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, at(rows, i - 2, j - 2) + 1)
      row.push(best)
    }
    rows.push(row)
  }
  return at(rows, a.length, b.length)
}

function at(rows: number[][], i: number, j: number): number {
  return rows[i]?.[j] ?? Number.POSITIVE_INFINITY
}

const LONGEST_WORD = 60
/** Each is compared letter by letter. */
const MOST_WORDS = 500

/**
 * The words that `wrong` was most likely meant to be, best first, at most `count`: close in spelling (a third of its
 * letters may be wrong, at least one), or beginning with it.
 */
export function nearestWords(wrong: string, words: Iterable<string>, count = 3): string[] {
  const lower = wrong.toLowerCase()
  if (lower === '' || lower.length > LONGEST_WORD) return []
  const allowed = Math.max(1, Math.floor(lower.length / 3))
  return [...new Set(words)]
    .slice(0, MOST_WORDS)
    .map((word) => ({ word, distance: distanceTo(lower, word.toLowerCase()) }))
    .filter(({ distance }) => distance <= allowed)
    .sort((a, b) => a.distance - b.distance || a.word.localeCompare(b.word, 'en'))
    .slice(0, count)
    .map(({ word }) => word)
}

function distanceTo(wrong: string, word: string): number {
  const begun = wrong.length >= 3 && (word.startsWith(wrong) || (word.length >= 3 && wrong.startsWith(word)))
  return begun ? Math.min(1, editDistance(wrong, word)) : editDistance(wrong, word)
}

/** The one most likely word, or undefined. */
export function nearestWord(wrong: string, words: Iterable<string>): string | undefined {
  return nearestWords(wrong, words, 1)[0]
}

/** `did you mean \`stop\`?`, or undefined if no word is near. */
export function didYouMean(wrong: string, words: Iterable<string>, write = (word: string) => word): string | undefined {
  const nearest = nearestWord(wrong, words)
  return nearest === undefined ? undefined : `did you mean \`${write(nearest)}\`?`
}
