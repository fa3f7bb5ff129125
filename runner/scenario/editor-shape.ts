import { forms } from './scenario-schema.ts'
import { type Shape, shapeOf } from './shape.ts'

/** Shapes as an editor needs them: what stands in many places stands once, and a `$name` may stand for a value. */

/** Numbers beyond it are no bounds that anybody set: zod states them of every whole number. */
const NO_BOUND = Number.MAX_SAFE_INTEGER

/** A text with a `$name` in it; `$$` is a dollar sign. */
const NAME_SHAPE: Shape = {
  title: 'Name',
  description: 'A text with a $name of `params`, `let` or `save` in it',
  type: 'string',
  pattern: '^(?:[^$]|\\$\\$|\\$(?![A-Za-z_$]))*\\$[A-Za-z_]',
}

const NAME: Shape = { $ref: '#/$defs/name' }

const SHAPES: ReadonlyMap<string, Shape> = new Map(
  forms.map((form) => {
    const shape = shapeOf(form)
    return [shape.title ?? '', shape]
  }),
)

/** `drop (default): packets vanish. reject: connections are reset`: what each of the values means, for completion. */
function withMeanings(shape: Shape): Shape {
  const { enum: values, description = '' } = shape
  const meanings = values?.map((value) => {
    const [, meaning] = new RegExp(`(?:^|[.;] )${String(value)}(?: \\([a-z]+\\))?: ([^.;]+)`).exec(description) ?? []
    return meaning
  })
  return meanings?.every((meaning) => meaning !== undefined) ? { ...shape, enumDescriptions: meanings } : shape
}

/** Makes shapes for one file, and keeps the definitions that they refer to. */
export class EditorShapes {
  readonly #definitions = new Map<string, Shape>([['name', NAME_SHAPE]])

  /** By name, those that the shapes made so far refer to. */
  get definitions(): Record<string, Shape> {
    return Object.fromEntries([...this.#definitions].sort(([a], [b]) => a.localeCompare(b)))
  }

  /** With its forms by reference, and with `$names` where a value is wanted. */
  of(shape: Shape): Shape {
    return this.#reference(shape) ?? this.#orName(shape)
  }

  /** The same where no `$name` may stand. */
  plain(shape: Shape): Shape {
    return this.#inner(shape, (each) => this.plain(each))
  }

  /** In the dialect of editors nothing may stand beside a `$ref`. */
  #reference({ title, description, ...shape }: Shape): Shape | undefined {
    const form = title === undefined ? undefined : SHAPES.get(title)
    if (title === undefined || form === undefined) return undefined
    const { title: _, description: own, ...rest } = form
    if (JSON.stringify(rest) !== JSON.stringify(shape)) throw new Error(`there are two forms with the title ${title}`)
    const name = title.toLowerCase().replaceAll(' ', '-')
    if (!this.#definitions.has(name)) {
      this.#definitions.set(name, {})
      this.#definitions.set(name, { title, ...this.#orName(form) })
    }
    const $ref = `#/$defs/${name}`
    return description === undefined || description === own ? { $ref } : { description, allOf: [{ $ref }] }
  }

  #orName(shape: Shape): Shape {
    const inner = this.#inner(shape, (each) => this.of(each))
    const narrow =
      ['integer', 'number', 'boolean', 'array'].includes(String(shape.type)) ||
      shape.enum !== undefined ||
      shape.const !== undefined ||
      shape.pattern !== undefined
    if (!narrow) return inner
    const { title, description, ...bare } = withMeanings(inner)
    return {
      ...(title === undefined ? {} : { title }),
      ...(description === undefined ? {} : { description }),
      anyOf: [bare, NAME],
    }
  }

  /** The same with each shape inside it made by `make`. */
  #inner(shape: Shape, make: (shape: Shape) => Shape): Shape {
    const { properties, items, additionalProperties, anyOf, minimum, maximum, ...rest } = shape
    return {
      ...rest,
      ...(minimum === undefined || minimum <= -NO_BOUND ? {} : { minimum }),
      ...(maximum === undefined || maximum >= NO_BOUND ? {} : { maximum }),
      ...(properties
        ? { properties: Object.fromEntries(Object.entries(properties).map(([key, each]) => [key, make(each)])) }
        : {}),
      ...(items === undefined ? {} : { items: typeof items === 'object' ? make(items) : items }),
      ...(additionalProperties === undefined
        ? {}
        : {
            additionalProperties:
              typeof additionalProperties === 'object' ? make(additionalProperties) : additionalProperties,
          }),
      ...(anyOf ? { anyOf: anyOf.map(make) } : {}),
    }
  }
}
