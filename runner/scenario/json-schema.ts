import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { duration } from '../base/duration-schema.ts'
import { target } from '../steps/targets.ts'
import type { Verb } from '../steps/verb.ts'
import { pardonForNodes, pardons } from './audit-schema.ts'
import { scenarioKeys, stepFileKeys } from './scenario-schema.ts'
import { type Shape, shapeOf } from './shape.ts'

/** Forms that stand in many places of a scenario; in its schema each stands once, under `$defs`. */
const FORMS: Readonly<Record<string, z.ZodType>> = { pardon: pardons, 'pardon-for-nodes': pardonForNodes }

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
      ...(keys.audit ? definedForms() : {}),
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

function definedForms(): Record<string, Shape> {
  return Object.fromEntries(Object.entries(FORMS).map(([name, schema]) => [name, orNameWithin(shapeOf(schema))]))
}

/** The form by its name, if the shape is one. In this dialect nothing may stand beside a `$ref`. */
function reference({ description, ...shape }: Shape): Shape | undefined {
  const text = JSON.stringify(shape)
  const name = Object.keys(FORMS).find((form) => JSON.stringify(shapeOf(FORMS[form] ?? z.never())) === text)
  if (name === undefined) return undefined
  return { ...(description === undefined ? {} : { description }), allOf: [{ $ref: `#/$defs/${name}` }] }
}

/** Where a number, a choice or a text of a certain form is wanted, a `$name` may stand too. */
function orName(shape: Shape): Shape {
  return reference(shape) ?? orNameWithin(shape)
}

function orNameWithin(shape: Shape): Shape {
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
