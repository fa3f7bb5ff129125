/** Patterns for numbers within text, for schemas that know no other way to say how large one may be. */

const FRACTION = '(?:\\.\\d+)?'

/** Matches whole numbers without a sign from 0 to `most`, as `7` and `007`. */
export function wholeUpTo(most: number): string {
  return `0*(?:${[...wholesBelow(most), most].join('|')})`
}

/** Matches decimal numbers without a sign from 0 to `most` (a whole number), as `7`, `0.5` and `007`. */
export function numberUpTo(most: number): string {
  const below = wholesBelow(most).map((whole) => `${whole}${FRACTION}`)
  return `0*(?:${[...below, `${most}(?:\\.0+)?`].join('|')})`
}

/** Patterns that match, together, the whole numbers from 0 to one below `most`. */
function wholesBelow(most: number): string[] {
  const digits = [...String(most)].map(Number)
  const shorter = digits.length > 1 ? [`\\d{1,${digits.length - 1}}`] : []
  const sameLength = digits.flatMap((digit, place) => {
    if (digit === 0) return []
    const rest = digits.length - place - 1
    const lower = digit === 1 ? '0' : `[0-${digit - 1}]`
    return [`${digits.slice(0, place).join('')}${lower}${rest === 0 ? '' : `\\d{${rest}}`}`]
  })
  return [...shorter, ...sameLength]
}

/** Stands before a pattern of numbers: not 0, however it is written, before one of `units`. */
export function notZero(units: string): string {
  return `(?!0+(?:\\.0+)?(?:${units}))`
}
