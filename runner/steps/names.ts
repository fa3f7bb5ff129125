import { PlayError } from '../base/errors.ts'

/** What `$name` stands for: params, and what `let` and `save` gave. Scopes nest: a `use` sees only its own params. */
export class Names {
  readonly #values = new Map<string, unknown>()
  readonly #members = new Map<string, unknown>()
  readonly #parent: Names | undefined
  /** New names are given to the parent, and stay. */
  readonly #passesOn: boolean

  constructor(initial: Record<string, unknown> = {}, parent?: Names, { passesOn = false } = {}) {
    for (const [name, value] of Object.entries(initial)) this.#values.set(name, value)
    this.#parent = parent
    this.#passesOn = passesOn
  }

  /** The same names and a few more, which only who has these knows; what is set beside them is set here. */
  with(more: Record<string, unknown>): Names {
    return new Names(more, this, { passesOn: true })
  }

  get(name: string): unknown {
    return this.#values.has(name) ? this.#values.get(name) : this.#parent?.get(name)
  }

  has(name: string): boolean {
    return this.#values.has(name) || (this.#parent?.has(name) ?? false)
  }

  set(name: string, value: unknown): void {
    if (this.#passesOn && !this.#values.has(name)) this.#parent?.set(name, value)
    else this.#values.set(name, value)
  }

  /**
   * What was last read of the node that a name stands for; undefined where it stands for none. A problem in its place is
   * thrown where it is used.
   */
  setMember(name: string, member: MemberName, value: string | number | PlayError | undefined): void {
    this.#members.set(`${name}.${member}`, value)
  }

  /** Throws PlayError where it could not be read. Undefined where the name stands for no node. */
  member(name: string, member: string): unknown {
    const value = this.#members.get(`${name}.${member}`)
    if (value instanceof PlayError) throw value
    return value
  }

  all(): string[] {
    return [...new Set([...this.#values.keys(), ...(this.#parent?.all() ?? [])])]
  }
}

/** What a name that stands for one node has: `$victim.port`. */
export const NODE_MEMBERS = ['address', 'port', 'id', 'shard'] as const
export type MemberName = (typeof NODE_MEMBERS)[number]

const MEMBER = `(?:\\.(${NODE_MEMBERS.join('|')})(?![A-Za-z0-9_]))?`

/** `$name`, `$name.port`, or `$$` for a dollar sign. */
export const NAME_PATTERN = new RegExp(`\\$(\\$|[A-Za-z_][A-Za-z0-9_]*)${MEMBER}`, 'g')
const WHOLE_NAME = new RegExp(`^\\$([A-Za-z_][A-Za-z0-9_]*)${MEMBER}$`)

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
  return replaceNames(value, (name, member) => {
    if (!names.has(name)) throw new UndefinedName(name)
    if (member === undefined) return names.get(name)
    return names.member(name, member) ?? `${String(names.get(name))}.${member}`
  })
}

/**
 * The same before the scenario is played: names that are not known yet stay as they are written, and so does what is
 * asked of a node.
 */
export function fillInKnown(value: unknown, names: Names): unknown {
  return replaceNames(value, (name, member) => {
    if (member !== undefined) return `$${name}.${member}`
    return names.has(name) ? names.get(name) : `$${name}`
  })
}

/** The names that the steps of a file see: its params, each filled in by `fill` with what its caller knows. */
export function paramNames(params: Readonly<Record<string, unknown>>, fill: (value: unknown) => unknown): Names {
  return new Names(Object.fromEntries(Object.entries(params).map(([name, value]) => [name, fill(value)])))
}

type LookUp = (name: string, member: string | undefined) => unknown

function replaceNames(value: unknown, lookUp: LookUp): unknown {
  if (typeof value === 'string') return replaceInText(value, lookUp)
  if (Array.isArray(value)) return value.map((item) => replaceNames(item, lookUp))
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaceNames(item, lookUp)]))
  }
  return value
}

function replaceInText(text: string, lookUp: LookUp): unknown {
  const whole = WHOLE_NAME.exec(text)
  if (whole?.[1] !== undefined) return lookUp(whole[1], whole[2])
  let length = 0
  return text.replace(NAME_PATTERN, (_, name: string, member: string | undefined) => {
    const word = name === '$' ? `$${member === undefined ? '' : `.${member}`}` : String(lookUp(name, member))
    length += word.length
    if (length > MOST_CHARACTERS) {
      throw new TextTooLong(`$${name} makes a text longer than ${MOST_CHARACTERS} characters, which is the most`)
    }
    return word
  })
}

/** The `$names` a value uses, at any depth, in order of appearance. */
export function namesUsedIn(value: unknown): string[] {
  return usesIn(value).map(({ name }) => name)
}

/** What a value asks of nodes by name, each once: `$victim.port`. */
export function membersUsedIn(value: unknown): { name: string; member: MemberName }[] {
  const uses = usesIn(value).flatMap(({ name, member }) => {
    const known = NODE_MEMBERS.find((one) => one === member)
    return known === undefined ? [] : [{ name, member: known }]
  })
  return uses.filter((use, at) => uses.findIndex((one) => one.name === use.name && one.member === use.member) === at)
}

function usesIn(value: unknown): { name: string; member: string | undefined }[] {
  if (typeof value === 'string') {
    return [...value.matchAll(NAME_PATTERN)]
      .map(([, name = '', member]) => ({ name, member }))
      .filter(({ name }) => name !== '$')
  }
  if (Array.isArray(value)) return value.flatMap(usesIn)
  if (value !== null && typeof value === 'object') return Object.values(value).flatMap(usesIn)
  return []
}
