import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { renderDiagnostics } from '../../../runner/scenario/diagnostic.ts'
import { explainScenario } from '../../../runner/scenario/explain.ts'
import { loadScenario } from '../../../runner/scenario/load.ts'
import { warningsOf } from '../../../runner/scenario/warnings/index.ts'
import { verbByName } from '../../../runner/steps/index.ts'
import { brokenLines, flipped, moveLines } from './broken-text.ts'
import type { Dice } from './dice.ts'
import type { FuzzInput } from './fuzz.ts'

/** What YAML gives a meaning of its own, and what the language does. */
const SPECIALS = [
  '&a',
  '*a',
  '<<: *a',
  '!!binary AAAA',
  '!!set {a}',
  '!x y',
  '!<tag:yaml.org,2002:str> a',
  '? a',
  '---',
  '...',
  '%YAML 1.1',
  '{{ x }}',
  ['$', '{x}'].join(''),
  '$x',
  '$$',
  '$__proto__',
  '__proto__: 1',
  'constructor: {}',
  '0x7fffffffffffffff',
  '99999999999999999999999999',
  '1e999',
  '-.inf',
  '.nan',
  '2026-11-29',
  '12:30:45',
  '0o17',
  '~',
  'null',
  'yes',
  '|',
  '>-',
  '[[[[[[[[',
  '}',
  '"\\u202e"',
  '"\\ud800"',
  '\u202e',
  '\u009b2K',
  '\u2028',
  '\ufeff',
  '🚀',
  '\t',
  '\r',
  "''",
  '" ',
  '#',
  'a: b: c',
  '- - - -',
  '0s',
  '-5s',
  '1e9h',
  '999999999999h',
  '100%',
  'random master',
  'master of shard 99999',
  '0 random masters',
  '99999999999 random replicas',
  'majority of masters',
]

/** Scenarios to break: the library, its step files, and those of the tests. */
export class BrokenScenarios {
  readonly #texts: { file: string; root: string; text: string }[]
  readonly #tokens: string[]

  constructor() {
    const from = (root: string) =>
      readdirSync(root, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.yaml'))
        .map((name) => path.join(root, name))
        .map((file) => ({ file, root, text: readFileSync(file, 'utf8') }))
    this.#texts = [
      'scenarios',
      path.join('test', 'scenario', 'invalid'),
      path.join('test', 'scenario', 'warned'),
      path.join('test', 'e2e', 'scenarios'),
    ].flatMap(from)
    this.#tokens = [...new Set(this.#texts.flatMap(({ text }) => text.split(/[\s,[\]{}]+/)))].filter(
      (token) => token !== '',
    )
  }

  input(dice: Dice): FuzzInput {
    const { file, root, text } = dice.one(this.#texts)
    const broken = this.#broken(text, dice)
    return {
      name: file,
      play: () => {
        const loaded = loadScenario(broken, { file, root, verbs: verbByName })
        if ('scenario' in loaded) {
          explainScenario(loaded.scenario, verbByName)
          renderDiagnostics(warningsOf(loaded.scenario), { color: true })
          return []
        }
        renderDiagnostics(loaded.diagnostics, { color: true })
        return loaded.diagnostics.map(({ file: where, line, col, message }) => `${where}:${line}:${col}: ${message}`)
      },
    }
  }

  #broken(text: string, dice: Dice): string {
    let broken = text
    for (let times = 1 + dice.below(3); times > 0; times -= 1) broken = this.#brokenOnce(broken, dice)
    return broken
  }

  #brokenOnce(text: string, dice: Dice): string {
    switch (dice.below(7)) {
      case 0:
        return flipped(text, dice)
      case 1:
        return brokenLines(text, dice)
      case 2: {
        const lines = text.split('\n')
        const other = dice.one(this.#texts).text.split('\n')
        lines.splice(dice.below(lines.length), dice.below(2), dice.one(other))
        moveLines(lines, dice)
        return lines.join('\n')
      }
      case 3:
      case 4:
        return withToken(text, dice.one(this.#tokens), dice)
      case 5:
        return withToken(text, dice.one(SPECIALS), dice)
      default: {
        const at = dice.below(text.length + 1)
        return text.slice(0, at) + dice.one(SPECIALS).repeat(dice.one([1, 1, 1, 3, 200])) + text.slice(at)
      }
    }
  }
}

/** Another token in the place of one. */
function withToken(text: string, token: string, dice: Dice): string {
  const places = [...text.matchAll(/[^\s,[\]{}]+/g)]
  if (places.length === 0) return token
  const place = dice.one(places)
  return text.slice(0, place.index) + token + text.slice(place.index + place[0].length)
}

/** Whether a refusal says which file, line and column. */
export function placeInScenario(refusal: string): boolean {
  return /^\S+\.yaml:[1-9]\d*:[1-9]\d*: ./s.test(refusal)
}
