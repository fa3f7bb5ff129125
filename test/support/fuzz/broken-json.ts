import type { Dice } from './dice.ts'

/** What stands in place of a value: of another type, without bounds, or with a meaning of its own. */
const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  '',
  'x'.repeat(5000),
  '\ud800 \u001b[2K \u202e </script> ]]> ::error::x',
  '__proto__',
  'constructor',
  '../../../etc/passwd',
  '/etc/hostname',
  'a\u0000b',
  0,
  -0,
  -1,
  0.5,
  -1e15,
  1e15,
  2 ** 53,
  -(2 ** 53),
  1e308,
  1e-308,
  3.1e12,
  -3.1e12,
  16_383,
  100_000,
  [],
  {},
  [null],
  [[]],
  { a: 1 },
  ['redis-node0'],
]
const ODD_NAMES = ['__proto__', 'constructor', 'toString', '', 'length', '0', 'then']
/** What JSON can spell, and `JSON.stringify` does not. */
const ODD_TEXTS = ['1e999', '-1e999', '{"__proto__":{"a":1}}', `${'['.repeat(3000)}${']'.repeat(3000)}`, 'NaN', '00']

const MARK = '@odd-text@'

/** The JSON text of a value that was changed in one to three places. */
export function brokenJson(value: unknown, dice: Dice): string {
  const copy: unknown = structuredClone(value)
  const texts: string[] = []
  for (let times = 1 + dice.below(3); times > 0; times -= 1) breakOnce(copy, dice, texts)
  const json = JSON.stringify(copy)
  return texts.reduce((rest, text) => rest.replace(JSON.stringify(MARK), () => text), json)
}

function breakOnce(root: unknown, dice: Dice, texts: string[]): void {
  const holder = dice.one(holdersIn(root))
  const keys = Object.keys(holder)
  const key = keys.length === 0 ? 'added' : dice.one(keys)
  const values = holder as Record<string, unknown>
  switch (dice.below(6)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(key), 1)
      else delete values[key]
      break
    case 1:
      values[key] = MARK
      texts.push(dice.one(ODD_TEXTS))
      break
    case 2:
      if (Array.isArray(holder)) holder.push(structuredClone(holder[0] ?? null))
      else
        Object.defineProperty(holder, dice.one(ODD_NAMES), {
          value: structuredClone(values[key] ?? 1),
          enumerable: true,
          configurable: true,
          writable: true,
        })
      break
    case 3: {
      const other = dice.one(holdersIn(root)) as Record<string, unknown>
      values[key] = structuredClone(dice.one([...Object.values(other), null]))
      break
    }
    case 4:
      values[key] =
        typeof values[key] === 'number'
          ? Number(values[key]) * dice.one([-1, 0, 1e3, 1e6, 1e12])
          : structuredClone(dice.one(ODD_VALUES))
      break
    default:
      values[key] = structuredClone(dice.one(ODD_VALUES))
  }
}

/** All maps and lists of a value, itself among them. */
function holdersIn(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return []
  return [value, ...Object.values(value).flatMap(holdersIn)]
}
