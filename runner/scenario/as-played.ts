import { posix } from 'node:path'
import { type Document, isAlias, isCollection, isMap, isScalar, isSeq, parseDocument, Scalar, YAMLMap } from 'yaml'
import type { ParamValue, Scenario } from './model.ts'

/** What a run made of a scenario. */
export interface PlayedFacts {
  seed: number
  params: Record<string, ParamValue>
  /** Names of those whose values are not written down: the file's defaults stay. */
  secretParams?: readonly string[]
  /** Server settings: the scenario's own, and what `--config` gave. */
  config: Record<string, string>
  /** By the step's path: at which place of its argument which nodes were meant. `['on']` is also the modifier. */
  targets: ReadonlyMap<string, readonly { where: readonly (string | number)[]; names: readonly string[] }[]>
}

type Place = (string | number)[]

/**
 * The scenario as it was played, as YAML that can be played again: with the seed, the params, the server settings, and
 * node names in the place of target phrases. Comments stay. Only steps of the main file that are played once are filled
 * in. Step files are named relative to the scenario's root folder: `usedFiles` belong beside this text.
 */
export function renderAsPlayed(scenario: Scenario, facts: PlayedFacts): string {
  const text = scenario.twin?.text ?? scenario.source
  const document = parseDocument(text.replace(/^\ufeff/, ''), { keepSourceTokens: true })
  if (!isMap(document.contents)) return text
  setEarly(document, 'seed', facts.seed)
  for (const [name, value] of Object.entries(facts.params)) {
    if (!document.hasIn(['params', name])) continue
    if (facts.secretParams?.includes(name)) remark(document, ['params', name], ` a secret: ${GIVE_AGAIN}`)
    else setValue(document, ['params', name], typeof value === 'string' ? doubled(value) : value)
  }
  const written = scenario.cluster.config
  for (const [name, value] of Object.entries(facts.config)) {
    if (written[name] === value && document.hasIn(['cluster', 'config', name])) continue
    setValue(document, ['cluster', 'config', name], doubled(value))
  }
  if (scenario.client !== undefined) fillInClient(document, scenario)
  for (const [path, targets] of facts.targets) {
    const place = placeOfStep(document, path)
    for (const { where, names } of place ? targets : []) fillInTarget(document, place ?? [], where, names)
  }
  renameUsedFiles(document, scenario)
  return document.toString({ lineWidth: 0 })
}

/** The client that was asked for, in workloads that name none; all of a workload that was added for it. */
function fillInClient(document: Document, { workloads }: Scenario): void {
  for (const { name, options } of workloads) {
    const place = ['workloads', name]
    const { client, options: ofClient } = options.own
    if (!document.hasIn(place)) setValue(document, place, document.createNode(options.own))
    else if (client !== undefined && !document.hasIn([...place, 'client']) && !touchesAnchor(document, place)) {
      setValue(document, [...place, 'client'], client)
      if (ofClient !== undefined) setValue(document, [...place, 'options'], document.createNode(ofClient))
    }
  }
}

const GIVE_AGAIN = 'give it again with --set-env or --set-file'

/** Adds a comment to what stands behind a value. */
function remark(document: Document, place: Place, text: string): void {
  const node = document.getIn(place, true)
  if (node instanceof Scalar) node.comment = `${node.comment ? `${node.comment};` : ''}${text}`
}

/** A dollar in a value is written twice. */
function doubled(text: string): string {
  return text.replaceAll('$', '$$$$')
}

/** New keys go before the steps, where a reader looks for them. */
function setEarly(document: Document, key: string, value: number): void {
  if (document.has(key) || !isMap(document.contents)) {
    setValue(document, [key], value)
    return
  }
  const { items } = document.contents
  const at = items.findIndex((pair) => isScalar(pair.key) && pair.key.value === 'title')
  items.splice(at + 1, 0, document.createPair(key, value))
}

/** Puts a plain value at a place, keeping the comments that stand there; makes maps on the way. */
function setValue(document: Document, place: Place, value: unknown): void {
  for (let depth = 1; depth < place.length; depth += 1) {
    if (!document.hasIn(place.slice(0, depth))) document.setIn(place.slice(0, depth), new YAMLMap())
  }
  const before = document.getIn(place, true)
  if (before instanceof Scalar && typeof value !== 'object') {
    const node = new Scalar(value)
    Object.assign(node, {
      comment: before.comment ?? null,
      commentBefore: before.commentBefore ?? null,
      spaceBefore: before.spaceBefore,
    })
    document.setIn(place, node)
  } else document.setIn(place, value)
}

/**
 * The place of the step with a path such as `3`, `3.1`, `f1`; undefined if it is not in this file or played more than
 * once.
 */
function placeOfStep(document: Document, path: string): Place | undefined {
  const [first = '', ...rest] = path.split('.')
  const place: Place = first.startsWith('f') ? ['finally', Number(first.slice(1)) - 1] : ['steps', Number(first) - 1]
  for (const child of rest) {
    place.push('parallel')
    if (!isSeq(document.getIn(place))) return undefined
    place.push(Number(child) - 1)
  }
  return isMap(document.getIn(place)) && !touchesAnchor(document, place) ? place : undefined
}

/** What stands at an anchor, or comes from one, may stand elsewhere too and is left alone. */
function touchesAnchor(document: Document, place: Place): boolean {
  return place.some((_, depth) => {
    const node = document.getIn(place.slice(0, depth + 1), true)
    return isAlias(node) || ((isCollection(node) || isScalar(node)) && node.anchor !== undefined)
  })
}

function fillInTarget(
  document: Document,
  step: Place,
  where: readonly (string | number)[],
  names: readonly string[],
): void {
  const map = document.getIn(step)
  if (!isMap(map) || names.length === 0) return
  const inArgument = map.items
    .map(({ key }) => (isScalar(key) ? [...step, String(key.value), ...where] : []))
    .find((place) => place.length > 0 && !isModifier(place[step.length]) && isText(document, place))
  const place = inArgument ?? (where.length === 1 && where[0] === 'on' ? [...step, 'on'] : undefined)
  if (!place || !isText(document, place) || touchesAnchor(document, place)) return
  const only = names[0]
  if (names.length === 1 && only !== undefined) setValue(document, place, only)
  else if (where.length === 0) document.setIn(place, document.createNode([...names], { flow: true }))
}

const NOT_VERBS = ['name', 'phase', 'within', 'for', 'on', 'save', 'as', 'error', 'with']

function isModifier(key: string | number | undefined): boolean {
  return typeof key === 'string' && NOT_VERBS.includes(key)
}

function isText(document: Document, place: Place): boolean {
  const parent = document.getIn(place.slice(0, -1))
  return isCollection(parent) && typeof document.getIn(place) === 'string'
}

function renameUsedFiles(document: Document, scenario: Scenario): void {
  const folder = posix.dirname(scenario.path)
  if (folder === '.') return
  renameIn(document, ['steps'], folder)
  renameIn(document, ['finally'], folder)
}

function renameIn(document: Document, place: Place, folder: string): void {
  const node = document.getIn(place)
  if (isSeq(node)) for (const index of node.items.keys()) renameIn(document, [...place, index], folder)
  if (!isMap(node)) return
  for (const { key } of node.items) {
    const inner = [...place, isScalar(key) ? String(key.value) : '']
    const value = document.getIn(inner)
    if (inner.at(-1) === 'use' && typeof value === 'string') document.setIn(inner, posix.join(folder, value))
    else renameIn(document, inner, folder)
  }
}
