import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import type { Verb } from '../steps/verb.ts'
import { EditorShapes } from './editor-shape.ts'
import { MODIFIERS, modifierText } from './modifiers.ts'
import { scenarioKeys, stepFileKeys } from './scenario-schema.ts'
import { type Shape, shapeOf } from './shape.ts'

const DIALECT = 'http://json-schema.org/draft-07/schema#'

/**
 * File name and content of each schema that stands beside the scenarios: completion and first errors while typing. The
 * loader is stricter.
 */
export function schemaFiles(verbs: readonly Verb[]): Record<string, string> {
  const scenario = {
    title: 'A scenario of redis-chaos',
    description: 'A cluster, load, steps against it, and what must hold of it',
  }
  const stepFile = {
    title: 'A step file of redis-chaos',
    description: 'Steps that scenarios play with `use`, and the params that they may set `with`',
  }
  return {
    'scenario.schema.json': asText(fileSchema(scenario, scenarioKeys, ['title', 'steps'], verbs)),
    [join('steps', 'step-file.schema.json')]: asText(fileSchema(stepFile, stepFileKeys, ['steps'], verbs)),
  }
}

/** Writes the schemas below `folder`. */
export function writeSchema(folder: string, verbs: readonly Verb[]): void {
  for (const [name, text] of Object.entries(schemaFiles(verbs))) writeFileSync(join(folder, name), text)
}

function asText(schema: Shape): string {
  return `${JSON.stringify(schema, null, 1)}\n`
}

function fileSchema(
  about: Pick<Shape, 'title' | 'description'>,
  keys: Record<string, z.ZodType>,
  required: string[],
  verbs: readonly Verb[],
): Shape {
  const shapes = new EditorShapes()
  const properties = Object.fromEntries(
    Object.entries(keys).map(([key, schema]) => [key, topLevelShape(key, shapeOf(schema), shapes)]),
  )
  const steps = {
    step: {
      title: 'Step',
      description: 'What is done, or expected: one verb with its argument, and beside it modifiers',
      type: 'object',
      anyOf: verbs.map((verb) => ({ $ref: `#/$defs/step-${verb.name}` })),
    },
    ...Object.fromEntries(verbs.map((verb) => [`step-${verb.name}`, stepShape(verb, shapes)])),
  }
  return {
    $schema: DIALECT,
    ...about,
    type: 'object',
    properties,
    required,
    additionalProperties: false,
    $defs: { ...steps, ...shapes.definitions },
  }
}

function topLevelShape(key: string, shape: Shape, shapes: EditorShapes): Shape {
  if (key === 'steps' || key === 'finally') return stepList(shape.description)
  if (key === 'twins') return twinList(shape, shapes)
  return key === 'params' ? shapes.plain(shape) : shapes.of(shape)
}

/** The steps of a twin are steps. */
function twinList(shape: Shape, shapes: EditorShapes): Shape {
  const plain = shapes.plain(shape)
  const { items } = plain
  if (typeof items !== 'object') return plain
  const steps = stepList(items.properties?.steps === undefined ? undefined : 'The steps that are played as well')
  return { ...plain, items: { ...items, properties: { ...items.properties, steps } } }
}

function stepList(description: string | undefined): Shape {
  return {
    type: 'array',
    minItems: 1,
    items: { $ref: '#/$defs/step' },
    ...(description === undefined ? {} : { description }),
  }
}

function stepShape(verb: Verb, shapes: EditorShapes): Shape {
  const extras: Shape = verb.extras ? shapes.of(shapeOf(verb.extras)) : {}
  const modifiers = (['name', 'phase', ...verb.modifiers] as const).map(
    (key) => [key, shapes.of({ ...shapeOf(MODIFIERS[key]), description: modifierText(key, verb) })] as const,
  )
  return {
    title: `Step ${verb.name}`,
    description: verb.summary,
    type: 'object',
    properties: {
      [verb.name]: { ...argumentShape(verb, shapes), description: verb.summary },
      ...Object.fromEntries(modifiers),
      ...extras.properties,
    },
    required: [verb.name, ...(extras.required ?? [])],
    additionalProperties: false,
    ...(extras.allOf ? { allOf: extras.allOf } : {}),
  }
}

function argumentShape(verb: Verb, shapes: EditorShapes): Shape {
  if (verb.children === '') return stepList(undefined)
  const shape = shapes.of(shapeOf(verb.arg))
  if (shape.$ref !== undefined) return { allOf: [shape] }
  if (verb.children === undefined || !shape.properties) return shape
  return { ...shape, properties: { ...shape.properties, [verb.children]: stepList('Steps, in order') } }
}
