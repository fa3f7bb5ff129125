import { nearestWord } from '../base/nearest.ts'

/**
 * The server of the catalogue that was most likely meant, `redis:8.6` for `redis:9.9`: of the same product, of the
 * nearest version, and the newest of those that are as near. Undefined where the product is like none that is known.
 */
export function nearestServer(wrong: string, known: readonly string[]): string | undefined {
  if (!wrong.includes(':')) return nearestWord(wrong, known)
  const [asked, version = ''] = split(wrong)
  const product = nearestWord(
    asked,
    known.map((name) => split(name)[0]),
  )
  if (product === undefined) return undefined
  const [major = 0, minor] = numbersOf(version)
  const far = (name: string): [number, number] => {
    const [ofMajor = 0, ofMinor = 0] = numbersOf(split(name)[1])
    return [Math.abs(ofMajor - major), minor === undefined ? 0 : Math.abs(ofMinor - minor)]
  }
  const [nearest] = known
    .filter((name) => split(name)[0] === product)
    .toSorted((a, b) => compare(far(a), far(b)) || compare(numbersOf(split(b)[1]), numbersOf(split(a)[1])))
  return nearest
}

function split(name: string): [product: string, version: string] {
  const [product = '', version = ''] = name.split(':')
  return [product, version]
}

function numbersOf(version: string): number[] {
  return version
    .split('.')
    .map((part) => Number.parseInt(part, 10) || 0)
    .slice(0, version.includes('.') ? 2 : 1)
}

function compare([a = 0, b = 0]: readonly number[], [c = 0, d = 0]: readonly number[]): number {
  return a - c || b - d
}
