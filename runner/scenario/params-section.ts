import { didYouMean } from '../base/nearest.ts'
import { namesUsedIn } from '../steps/names.ts'
import { describeValue } from './build-tree.ts'
import { type CheckContext, checkValue } from './check-value.ts'
import type { ParamValue } from './model.ts'
import { paramsSchema } from './scenario-schema.ts'
import { entryOf, type MapTree, toPlain } from './tree.ts'

export interface ReadParams {
  values: Map<string, ParamValue>
  /** Names whose defaults are wrong, which is reported: their uses are not reported on top. */
  open: string[]
}

/** Defaults of a file's params. `$$` in them is a dollar. */
export function readParams(map: MapTree, context: CheckContext): ReadParams {
  const params: ReadParams = { values: new Map(), open: [] }
  const entry = entryOf(map, 'params')
  if (entry) checkValue(paramsSchema, entry, context, { namesChecked: true })
  for (const { key, value } of entry?.value.kind === 'map' ? entry.value.entries : []) {
    const [name] = value.kind === 'scalar' ? namesUsedIn(value.value) : []
    if (name !== undefined) {
      context.problems.add(
        context.source,
        value.span,
        `\`${key}\` cannot use \`$${name}\`: a default is a plain value`,
        {
          hint: 'For a dollar sign write `$$`.',
        },
      )
    }
    if (value.kind !== 'scalar' || value.value === null || value.broken || name !== undefined) params.open.push(key)
    else params.values.set(key, typeof value.value === 'string' ? value.value.replaceAll('$$', '$') : value.value)
  }
  return params
}

/** Puts `--set` values in the place of defaults, each read as its default's type. */
export function applySet(
  { values: params, open }: ReadParams,
  { set, secretParams }: { set: Record<string, string>; secretParams: readonly string[] },
  { problems }: CheckContext,
): void {
  for (const [name, text] of Object.entries(set)) {
    const isSecret = secretParams.includes(name)
    const given = isSecret ? `the secret param ${name}` : `--set ${name}=${text}`
    const before = params.get(name)
    if (before === undefined && open.includes(name)) continue
    if (before === undefined) {
      const hint = params.size === 0 ? 'The scenario has no params.' : `It has: ${[...params.keys()].join(', ')}.`
      problems.addWithoutPlace(given, `the scenario has no param \`${name}\``, {
        suggestion: didYouMean(name, params.keys()),
        hint,
      })
      continue
    }
    const value = readAs(before, text)
    if (value === undefined) {
      const expected = typeof before === 'number' ? 'a number' : '`true` or `false`'
      problems.addWithoutPlace(
        given,
        `\`${name}\` should be ${expected}, as its default ${before}, not ${isSecret ? 'what was given' : describeValue(text)}`,
      )
    } else params.set(name, value)
  }
}

const YES_OR_NO = new Map([
  ['true', true],
  ['yes', true],
  ['false', false],
  ['no', false],
])

function readAs(model: ParamValue, text: string): ParamValue | undefined {
  if (typeof model === 'string') return text
  if (typeof model === 'boolean') return YES_OR_NO.get(text)
  const number = Number(text)
  return /^-?\d+(\.\d+)?$/.test(text) && Number.isFinite(number) ? number : undefined
}

/** Checks the `with` of a `use` against the params of its file. */
export function checkWith(
  given: MapTree | undefined,
  { values: params, open }: ReadParams,
  file: string,
  { source, problems, scope }: CheckContext,
): void {
  const free = [...params.keys()].filter((name) => !entryOf(given, name))
  for (const { key, keySpan, value } of given?.entries ?? []) {
    const model = params.get(key)
    if (model === undefined && open.includes(key)) continue
    if (model === undefined) {
      const hint = params.size === 0 ? 'That file has no params.' : `It has: ${[...params.keys()].join(', ')}.`
      problems.add(source, keySpan, `${file} has no param \`${key}\``, { suggestion: didYouMean(key, free), hint })
      continue
    }
    const plain = toPlain(value)
    if (value.broken || scope.openNames(plain).length > 0) continue
    const filled = scope.fill(plain)
    if (typeof filled === typeof model) continue
    const span = value.kind === 'scalar' ? value.span : keySpan
    const expected = { string: 'a text', number: 'a number', boolean: '`true` or `false`' }[typeof model as string]
    const suggestion =
      typeof model === 'string' && typeof filled !== 'object'
        ? `did you mean '${String(filled)}', in quotes?`
        : undefined
    problems.add(source, span, `\`${key}\` should be ${expected}, as its default, not ${describeValue(filled)}`, {
      suggestion,
    })
  }
}
