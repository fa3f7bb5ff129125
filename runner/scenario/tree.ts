import type { SourceFile, Span } from './source.ts'

/** A YAML value with the places of its parts. */
export type Tree = MapTree | ListTree | ScalarTree

interface Placed {
  span: Span
  /** A problem of this very value has been reported: nothing more is said about it. */
  broken?: true
}

export interface Entry {
  key: string
  keySpan: Span
  value: Tree
}

export interface MapTree extends Placed {
  kind: 'map'
  entries: Entry[]
}

export interface ListTree extends Placed {
  kind: 'list'
  items: Tree[]
}

export interface ScalarTree extends Placed {
  kind: 'scalar'
  value: string | number | boolean | null
  /** As it stands in the file, without quotes. */
  source: string
  /** Neither quoted nor a block. */
  plain: boolean
}

export type Path = readonly PropertyKey[]

/** The value as plain data. */
export function toPlain(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value
  if (tree.kind === 'list') return tree.items.map(toPlain)
  return Object.fromEntries(tree.entries.map(({ key, value }) => [key, toPlain(value)]))
}

export function entryOf(tree: Tree | undefined, key: string): Entry | undefined {
  return tree?.kind === 'map' ? tree.entries.find((entry) => entry.key === key) : undefined
}

/** The value at a path, and the key it stands under; undefined if there is nothing. */
export function find(tree: Tree, path: Path): { value: Tree; keySpan?: Span } | undefined {
  let found: { value: Tree; keySpan?: Span } = { value: tree }
  for (const step of path) {
    const { value } = found
    if (value.kind === 'list') {
      const item = value.items[Number(step)]
      if (!item) return undefined
      found = { value: item }
    } else {
      const entry = entryOf(value, String(step))
      if (!entry) return undefined
      found = { value: entry.value, keySpan: entry.keySpan }
    }
  }
  return found
}

/** Every scalar in a value, with its path. */
export function* scalarsIn(tree: Tree, path: Path = []): Generator<{ scalar: ScalarTree; path: Path }> {
  if (tree.kind === 'scalar') yield { scalar: tree, path }
  else if (tree.kind === 'list') for (const [i, item] of tree.items.entries()) yield* scalarsIn(item, [...path, i])
  else for (const { key, value } of tree.entries) yield* scalarsIn(value, [...path, key])
}

/** Every entry of the maps in a value. */
export function* entriesIn(tree: Tree): Generator<Entry> {
  if (tree.kind === 'scalar') return
  if (tree.kind === 'map') yield* tree.entries
  for (const inner of tree.kind === 'map' ? tree.entries.map(({ value }) => value) : tree.items) yield* entriesIn(inner)
}

/** Whether a map was written empty; one whose keys were all wrong, and are reported, was not. */
export function isEmptyMap(tree: Tree, source: SourceFile): boolean {
  return tree.kind === 'map' && tree.entries.length === 0 && /^\{\s*\}?$/.test(source.slice(tree.span))
}

/** Whether a problem was reported at this value or inside it. */
export function isBroken(tree: Tree): boolean {
  if (tree.broken) return true
  if (tree.kind === 'list') return tree.items.some(isBroken)
  return tree.kind === 'map' && tree.entries.some(({ value }) => isBroken(value))
}
