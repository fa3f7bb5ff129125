import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { duration } from '../base/duration-schema.ts'
import { target } from '../steps/targets.ts'
import type { Verb } from '../steps/verb.ts'
import { scenarioKeys, stepFileKeys } from './scenario-schema.ts'
import { type Shape, shapeOf } from './shape.ts'

const DIALECT = 'http://json-schema.org/draft-07/schema#'

/**
 * File name and content of each schema that stands beside the scenarios: completion and first errors while typing. The
 * loader is stricter.
 */
export function schemaFiles(verbs: readonly Verb[]): Record<string, string> {
  return {
    'scenario.schema.json': asText(fileSchema('A scenario of redis-chaos', scenarioKeys, ['title', 'steps'], verbs)),
    [join('steps', 'step-file.schema.json')]: asText(
      fileSchema('A step file of redis-chaos', stepFileKeys, ['steps'], verbs),
    ),
  }
}

/** Writes the schemas below `folder`. */
export function writeSchema(folder: string, verbs: readonly Verb[]): void {
  for (const [name, text] of Object.entries(schemaFiles(verbs))) writeFileSync(join(folder, name), text)
}

function asText(schema: Shape): string {
  return `${JSON.stringify(schema, null, 2)}\n`
}

function fileSchema(title: string, keys: Record<string, z.ZodType>, required: string[], verbs: readonly Verb[]): Shape {
  const properties: Record<string, Shape> = {}
  for (const [key, schema] of Object.entries(keys)) {
    const shape = shapeOf(schema)
    properties[key] = key === 'steps' || key === 'finally' ? stepList(shape.description) : orName(shape)
  }
  if (properties.params) properties.params = shapeOf(keys.params ?? z.unknown())
  return {
    $schema: DIALECT,
    title,
    type: 'object',
    properties,
    required,
    additionalProperties: false,
    $defs: {
      step: { anyOf: verbs.map((verb) => ({ $ref: `#/$defs/${verb.name}` })) },
      ...Object.fromEntries(verbs.map((verb) => [verb.name, stepSchema(verb)])),
    },
  }
}

function stepList(description: string | undefined): Shape {
  return {
    type: 'array',
    minItems: 1,
    items: { $ref: '#/$defs/step' },
    ...(description === undefined ? {} : { description }),
  }
}

const MODIFIERS = {
  name: z.string().describe('What the step is called in reports, in place of its own sentence'),
  phase: z.string().describe('The phase that begins with this step, for reports'),
  within: duration.describe('How long it may take to become true, as 15s; without it, it is asked once'),
  for: duration.describe('How long it must hold without a break; a fault is held that long and then undone'),
  on: target.describe('The node that is asked'),
}

function stepSchema(verb: Verb): Shape {
  const modifiers = (['name', 'phase', ...verb.modifiers] as const).map(
    (key) => [key, shapeOf(MODIFIERS[key])] as const,
  )
  const extras = verb.extras ? shapeOf(verb.extras) : {}
  const properties: Record<string, Shape> = { ...Object.fromEntries(modifiers), ...orName(extras).properties }
  const described = { ...argSchema(verb), description: verb.summary }
  return {
    type: 'object',
    description: verb.summary,
    properties: { [verb.name]: described, ...properties },
    required: [verb.name, ...(extras.required ?? [])],
    additionalProperties: false,
  }
}

function argSchema(verb: Verb): Shape {
  if (verb.children === '') return stepList(undefined)
  const shape = orName(shapeOf(verb.arg))
  if (verb.children === undefined || !shape.properties) return shape
  return { ...shape, properties: { ...shape.properties, [verb.children]: stepList('Steps, in order') } }
}

const NAME_SHAPE: Shape = { type: 'string', pattern: '\\$[A-Za-z_]' }

/** Where a number, a choice or a text of a certain form is wanted, a `$name` may stand too. */
function orName(shape: Shape): Shape {
  const { properties, items, additionalProperties, anyOf, ...rest } = shape
  const inner: Shape = {
    ...rest,
    ...(properties
      ? { properties: Object.fromEntries(Object.entries(properties).map(([key, each]) => [key, orName(each)])) }
      : {}),
    ...(typeof items === 'object' ? { items: orName(items) } : items === undefined ? {} : { items }),
    ...(additionalProperties === undefined
      ? {}
      : {
          additionalProperties:
            typeof additionalProperties === 'object' ? orName(additionalProperties) : additionalProperties,
        }),
    ...(anyOf ? { anyOf: anyOf.map(orName) } : {}),
  }
  const narrow =
    ['integer', 'number', 'boolean'].includes(String(shape.type)) ||
    shape.enum !== undefined ||
    shape.pattern !== undefined
  if (!narrow) return inner
  const { description, ...bare } = inner
  return { ...(description === undefined ? {} : { description }), anyOf: [bare, NAME_SHAPE] }
}
