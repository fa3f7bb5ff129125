import type { z } from 'zod'
import { capitalized } from '../../base/text.ts'
import { isForm } from '../scenario-schema.ts'
import { type Shape, shapeOf } from '../shape.ts'

/** One key that may be written: `wait.replicas` is `replicas` below `wait`. */
export interface KeyRow {
  key: string
  required: boolean
  /** What may stand there: `duration`, `a whole number from 1 to 100`. */
  accepts: string
  about: string
}

/** A row for each key of what a schema accepts, and for the keys below it. */
export function rowsOf(schema: z.ZodType): KeyRow[] {
  return rowsBelow(shapeOf(schema), '')
}

function rowsBelow(shape: Shape, prefix: string): KeyRow[] {
  const groups = alternatives(shape).filter(({ properties }) => properties !== undefined)
  const rows = groups.flatMap(({ properties = {}, required = [] }) =>
    Object.entries(properties).flatMap(([key, value]) => [
      {
        key: `${prefix}${key}`,
        required: groups.length === 1 && required.includes(key),
        accepts: acceptsText(value),
        about: aboutText(value),
      },
      ...(value.title === REPLY ? [] : rowsBelow(value, `${prefix}${key}.`)),
    ]),
  )
  return rows.filter(({ key }, place) => rows.findIndex((row) => row.key === key) === place)
}

/** The form whose keys are told once, and not wherever it stands. */
const REPLY = 'Reply'

function alternatives(shape: Shape): Shape[] {
  return shape.anyOf ? shape.anyOf.flatMap(alternatives) : [shape]
}

/** What a shape says of itself, without the form, which stands beside it: `A duration: 5s, the pause` is `The pause`. */
export function aboutText({ description = '' }: Shape): string {
  const form = /^An? [a-z ]+: (?:\d[^\s,;]*(?: \(bytes\))?(?:, or expected)?[,;] )+/.exec(description)
  return form ? capitalized(description.slice(form[0].length)) : description
}

/** What a schema accepts, in a few words. */
export function accepts(schema: z.ZodType): string {
  return acceptsText(shapeOf(schema))
}

function acceptsText(shape: Shape): string {
  if (shape.title !== undefined && isForm(shape.title) && isPlain(shape)) return nounOf(shape.title)
  if (shape.anyOf) return [...new Set(shape.anyOf.map(acceptsText))].join(' or ')
  if (shape.const !== undefined) return `\`${String(shape.const)}\``
  if (shape.enum) return shape.enum.map((value) => `\`${String(value)}\``).join(', ')
  switch (shape.type) {
    case 'integer':
      return `whole number${rangeText(shape)}`
    case 'number':
      return `number${rangeText(shape)}`
    case 'boolean':
      return '`true`, `false`'
    case 'null':
      return '`null`'
    case 'array':
      return typeof shape.items === 'object' && Object.keys(shape.items).length > 0
        ? `list of ${acceptsText(shape.items)}`
        : 'list of values'
    case 'object':
      return shape.properties ? 'group of keys' : 'names with values'
    case 'string':
      return 'text'
    default:
      return 'value'
  }
}

/** `Duration as a limit`, which has bounds of its own, is a duration to who reads. */
function nounOf(title: string): string {
  return title.toLowerCase().replace(' as a limit', '')
}

/** A form that is one word, as a duration, and no choice between a number and a group of keys. */
function isPlain(shape: Shape): boolean {
  return (
    (shape.anyOf === undefined && shape.type !== 'object') || ['Targets', 'Slots', REPLY].includes(shape.title ?? '')
  )
}

function rangeText({ minimum, maximum }: Shape): string {
  const least = minimum === undefined || minimum <= -Number.MAX_SAFE_INTEGER ? undefined : minimum
  const most = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? undefined : maximum
  if (least !== undefined && most !== undefined) return ` from ${least} to ${most}`
  if (least !== undefined) return ` of ${least} or more`
  return most === undefined ? '' : ` of ${most} or less`
}
