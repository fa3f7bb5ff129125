import { z } from 'zod'
import type { Path } from './tree.ts'

/** The part of JSON Schema that zod's schemas come out as. */
export interface Shape {
  $schema?: string
  $ref?: string
  $defs?: Record<string, Shape>
  title?: string
  type?: string | string[]
  const?: unknown
  enum?: unknown[]
  /** What each of them means: editors show it. */
  enumDescriptions?: (string | undefined)[]
  anyOf?: Shape[]
  oneOf?: Shape[]
  allOf?: Shape[]
  properties?: Record<string, Shape>
  required?: string[]
  additionalProperties?: Shape | boolean
  propertyNames?: Shape
  items?: Shape | boolean
  minItems?: number
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  minLength?: number
  pattern?: string
  description?: string
  examples?: unknown[]
  default?: unknown
  minProperties?: number
  not?: Shape
  dependencies?: Record<string, string[]>
}

const shapes = new WeakMap<z.ZodType, Shape>()

/** What a schema accepts, as JSON Schema. */
export function shapeOf(schema: z.ZodType): Shape {
  const known = shapes.get(schema)
  if (known) return known
  const { $schema: _, ...shape } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' })
  shapes.set(schema, shape as Shape)
  return shape as Shape
}

function alternatives(shape: Shape): Shape[] {
  if (Array.isArray(shape.type)) return shape.type.map((type) => ({ ...shape, type }))
  const options = shape.anyOf ?? shape.oneOf
  if (!options) return [shape]
  const description = shape.description === undefined ? {} : { description: shape.description }
  return options.flatMap((option) => alternatives({ ...description, ...option }))
}

/** Everything that may stand at a path. */
export function shapesAt(shape: Shape, path: Path): Shape[] {
  let current = alternatives(shape)
  for (const step of path) {
    current = current.flatMap((each) => {
      const inner =
        typeof step === 'number' ? each.items : (each.properties?.[String(step)] ?? each.additionalProperties)
      return typeof inner === 'object' ? alternatives(inner) : []
    })
  }
  return current
}

/** Keys that may stand in a map. */
export function keysOf(shapes: readonly Shape[]): string[] {
  return [...new Set(shapes.flatMap((shape) => Object.keys(shape.properties ?? {})))]
}

/** What may stand here, for people: `a whole number of 1 or more`. */
export function describeShapes(shapes: readonly Shape[]): string {
  return oneOf([...new Set(shapes.map(describe))])
}

function oneOf(words: readonly string[]): string {
  const last = words.at(-1) ?? 'nothing'
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`
}

function describe(shape: Shape): string {
  if (shape.enum) return oneOf(shape.enum.map((value) => `\`${String(value)}\``))
  if (shape.const !== undefined) return `\`${String(shape.const)}\``
  switch (shape.type) {
    case 'integer':
      return `a whole number${describeRange(shape)}`
    case 'number':
      return `a number${describeRange(shape)}`
    case 'boolean':
      return '`true` or `false`'
    case 'null':
      return '`null`'
    case 'array':
      return shape.minItems === undefined ? 'a list' : 'a list of one or more'
    case 'object':
      return describeGroup(shape)
    case 'string':
      return describeText(shape)
    default:
      return 'a value'
  }
}

function describeRange(shape: Shape): string {
  const minimum = bound(shape.minimum)
  const maximum = bound(shape.maximum)
  if (shape.exclusiveMinimum !== undefined) return ` above ${shape.exclusiveMinimum}`
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`
  if (minimum !== undefined) return ` of ${minimum} or more`
  return maximum === undefined ? '' : ` of ${maximum} or less`
}

/** Zod states the limits of exact whole numbers as bounds; nobody wants to read them. */
function bound(value: number | undefined): number | undefined {
  return value === undefined || Math.abs(value) >= Number.MAX_SAFE_INTEGER ? undefined : value
}

const SHOWN = 4

function describeGroup(shape: Shape): string {
  const keys = Object.keys(shape.properties ?? {})
  if (keys.length === 0) return 'a group of `name: value`'
  const shown = keys
    .slice(0, SHOWN)
    .map((key) => `\`${key}\``)
    .join(', ')
  return `a group of keys (${shown}${keys.length > SHOWN ? ', …' : ''})`
}

/**
 * A description such as `A duration: 250ms, 15s` says more than `a text`; what it says behind a `;` is for the editor.
 */
/** Texts of one form, where what is said of them says what they are for and not what they are. */
const OF_ONE_FORM: ReadonlyMap<string, string> = new Map([
  ['Duration', 'a duration (250ms, 15s, 2m)'],
  ['Duration as a limit', 'a duration (250ms, 15s, 2m)'],
  ['Target', 'nodes in plain words (redis-node0, master of shard 1, replica of redis-node0, master of key aa, …)'],
])

function describeText(shape: Shape): string {
  const match = /^([^:,]{1,40}): (.+)$/.exec(shape.description ?? '')
  const ofForm = OF_ONE_FORM.get(shape.title ?? '')
  if (!match) return ofForm ?? 'a text'
  const examples = match[2]?.split(';')[0]?.split(', ') ?? []
  const head = `${match[1]?.charAt(0).toLowerCase()}${match[1]?.slice(1)}`
  return `${head} (${examples.slice(0, SHOWN).join(', ')}${examples.length > SHOWN ? ', …' : ''})`
}
