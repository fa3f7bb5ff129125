/** Longer texts are no value that was written in another way. */
const LONGEST = 80

const WORDS: readonly [wrong: RegExp, right: string][] = [
  [/^[<>=≤≥]+\s*/, ''],
  [/[“”„«»]/g, ''],
  [/\s*(per second|\/sec|\/second|rps|ops|tps|qps)$/, '/s'],
  [/\s*(per minute|\/min|\/minute)$/, '/m'],
  [/\s*(milliseconds?|millis|msecs?)$/, 'ms'],
  [/\s*(seconds?|secs?)$/, 's'],
  [/\s*(minutes?|mins?)$/, 'm'],
  [/\s*(hours?|hrs?)$/, 'h'],
  [/\s*percent$/, '%'],
  [/(?<=\d)\s+(?=[a-z%])/g, ''],
]

/** Units that a number may lack, in the order in which they are tried. */
const UNITS = ['s', '/s', '%', 'mb', 'ms']

/**
 * What may have been meant by a value that does not fit, best first: the same in the spelling of the language, with its
 * unit, or as what YAML should have read. `key` is what it stands under.
 */
export function valuesMeant(value: unknown, key: string): unknown[] {
  if (typeof value === 'number') return numbersMeant(value, key)
  if (typeof value !== 'string' || value.length > LONGEST) return []
  const text = WORDS.reduce((rest, [wrong, right]) => rest.replace(wrong, right), value.trim().toLowerCase())
  const number = numberIn(text)
  const isAmount = /^\d/.test(text)
  return [
    ...booleansMeant(text),
    ...(number === undefined ? [] : [number]),
    ...(isAmount ? [text, text.replace(/^(\d+),(\d+)/, '$1.$2'), `${text}/s`] : [value.replace(/[“”„«»]/g, '')]).filter(
      (each) => each !== value && each !== '',
    ),
    ...(number === undefined ? [] : numbersMeant(number, key)),
    ...targetsMeant(value),
  ]
}

function numbersMeant(value: number, key: string): unknown[] {
  // Latencies are thought of in milliseconds.
  const units = /^(p\d+|max|delay|jitter)$/.test(key) ? ['ms'] : UNITS
  const share = value > 0 && value < 1 ? [`${Number((value * 100).toFixed(3))}%`] : []
  return [...share, ...units.map((unit) => `${value}${unit}`)]
}

function booleansMeant(text: string): boolean[] {
  if (['yes', 'true', 'on', 'y'].includes(text)) return [true]
  return ['no', 'false', 'off', 'n'].includes(text) ? [false] : []
}

/** `1000` in quotes, `1,000`, `10k`. */
function numberIn(text: string): number | undefined {
  const match = /^(\d{1,3}(?:[,_]\d{3})+|\d+(?:\.\d+)?)(k?)$/.exec(text)
  return match ? Number(match[1]?.replace(/[,_]/g, '')) * (match[2] === 'k' ? 1000 : 1) : undefined
}

/** `a, b` and `a and b`, as lists are written where there is no YAML. */
function targetsMeant(text: string): string[][] {
  const parts = text.split(/\s*,\s*|\s+and\s+/).filter((part) => part !== '')
  return parts.length > 1 ? [parts] : []
}

/** As it is written in a scenario. */
export function written(value: unknown): string {
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value)
}
