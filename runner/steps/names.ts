import { PlayError } from '../base/errors.ts'

/** What `$name` stands for: params, and what `let` and `save` gave. Scopes nest: a `use` sees only its own params. */
export class Names {
  readonly #values = new Map<string, unknown>()
  readonly #parent: Names | undefined

  constructor(initial: Record<string, unknown> = {}, parent?: Names) {
    for (const [name, value] of Object.entries(initial)) this.#values.set(name, value)
    this.#parent = parent
  }

  get(name: string): unknown {
    return this.#values.has(name) ? this.#values.get(name) : this.#parent?.get(name)
  }

  has(name: string): boolean {
    return this.#values.has(name) || (this.#parent?.has(name) ?? false)
  }

  set(name: string, value: unknown): void {
    this.#values.set(name, value)
  }

  all(): string[] {
    return [...new Set([...this.#values.keys(), ...(this.#parent?.all() ?? [])])]
  }
}

/** `$name`, or `$$` for a dollar sign. */
export const NAME_PATTERN = /\$(\$|[A-Za-z_][A-Za-z0-9_]*)/g

/** Thrown for a `$name` that nothing defined. */
export class UndefinedName extends PlayError {
  override name = 'UndefinedName'
  readonly missing: string
  constructor(missing: string) {
    super(`$${missing} is not defined`)
    this.missing = missing
  }
}

/** What a text may become, and a name may hold, characters: it stands in events and reports. */
export const MOST_CHARACTERS = 1_000_000

/** Thrown for a text that its `$names` make too long. */
class TextTooLong extends PlayError {
  override name = 'TextTooLong'
}

/**
 * Replaces `$names` in every string of `value`, at any depth (keys stay as they are). A string that is nothing but one
 * name becomes the named value itself, with its type; elsewhere the value's text goes in. Throws UndefinedName, or TextTooLong.
 */
export function fillIn(value: unknown, names: Names): unknown {
  return replaceNames(value, (name) => {
    if (!names.has(name)) throw new UndefinedName(name)
    return names.get(name)
  })
}

/** The same before the scenario is played: names that are not known yet stay as they are written. */
export function fillInKnown(value: unknown, names: Names): unknown {
  return replaceNames(value, (name) => (names.has(name) ? names.get(name) : `$${name}`))
}

/** The names that the steps of a file see: its params, each filled in by `fill` with what its caller knows. */
export function paramNames(params: Readonly<Record<string, unknown>>, fill: (value: unknown) => unknown): Names {
  return new Names(Object.fromEntries(Object.entries(params).map(([name, value]) => [name, fill(value)])))
}

type LookUp = (name: string) => unknown

function replaceNames(value: unknown, lookUp: LookUp): unknown {
  if (typeof value === 'string') return replaceInText(value, lookUp)
  if (Array.isArray(value)) return value.map((item) => replaceNames(item, lookUp))
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaceNames(item, lookUp)]))
  }
  return value
}

function replaceInText(text: string, lookUp: LookUp): unknown {
  const whole = /^\$([A-Za-z_][A-Za-z0-9_]*)$/.exec(text)
  if (whole?.[1] !== undefined) return lookUp(whole[1])
  let length = 0
  return text.replace(NAME_PATTERN, (_, name: string) => {
    const word = name === '$' ? '$' : String(lookUp(name))
    length += word.length
    if (length > MOST_CHARACTERS) {
      throw new TextTooLong(`$${name} makes a text longer than ${MOST_CHARACTERS} characters, which is the most`)
    }
    return word
  })
}

/** The `$names` a value uses, at any depth, in order of appearance. */
export function namesUsedIn(value: unknown): string[] {
  if (typeof value === 'string') {
    return [...value.matchAll(NAME_PATTERN)].map((match) => match[1] ?? '').filter((name) => name !== '$')
  }
  if (Array.isArray(value)) return value.flatMap(namesUsedIn)
  if (value !== null && typeof value === 'object') return Object.values(value).flatMap(namesUsedIn)
  return []
}
