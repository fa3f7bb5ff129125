import { type Entry, entryOf, type ListTree, type MapTree, type Tree } from '../tree.ts'

/** Trees with something changed. What comes from where keeps its place in the file. */

/** The map with another value under a key, or a new key at its end. */
export function withEntry(map: MapTree, entry: Entry): MapTree {
  const isThere = entryOf(map, entry.key) !== undefined
  const entries = isThere ? map.entries.map((one) => (one.key === entry.key ? entry : one)) : [...map.entries, entry]
  return { ...map, entries }
}

export function withoutEntry(map: MapTree, key: string): MapTree {
  return { ...map, entries: map.entries.filter((entry) => entry.key !== key) }
}

/** Maps are merged, key by key; a null takes its key away; whatever else stands in the place of what was there. */
export function merged(base: Tree | undefined, over: Tree): Tree {
  if (base?.kind !== 'map' || over.kind !== 'map') return over
  return over.entries.reduce<MapTree>((map, entry) => {
    const isNull = entry.value.kind === 'scalar' && entry.value.value === null
    if (isNull) return withoutEntry(map, entry.key)
    return withEntry(map, { ...entry, value: merged(entryOf(map, entry.key)?.value, entry.value) })
  }, base)
}

/** Steps by their name, in a list of them and in the lists inside it; a step file's are its own. */
export function stepsNamed(tree: Tree | undefined, name: string): number {
  if (tree?.kind !== 'list') return 0
  return tree.items.reduce((sum, step) => {
    const inside = innerLists(step).reduce((count, { list }) => count + stepsNamed(list, name), 0)
    return sum + (isNamed(step, name) ? 1 : 0) + inside
  }, 0)
}

/** All names of steps in it. */
export function stepNames(tree: Tree | undefined): string[] {
  if (tree?.kind !== 'list') return []
  return tree.items.flatMap((step) => [...nameOf(step), ...innerLists(step).flatMap(({ list }) => stepNames(list))])
}

/** The list with something else in the place of each step of a name. */
export function replaced(list: Tree, name: string, by: (step: Tree) => Tree[]): Tree {
  if (list.kind !== 'list') return list
  return { ...list, items: list.items.flatMap((step) => (isNamed(step, name) ? by(step) : [inside(step, name, by)])) }
}

function inside(step: Tree, name: string, by: (step: Tree) => Tree[]): Tree {
  return innerLists(step).reduce((outer, { put, list }) => put(outer, replaced(list, name, by)), step)
}

/** The lists of steps in a step: below `parallel`, and below the `steps` of `repeat`. */
function innerLists(step: Tree): { list: ListTree; put: (step: Tree, list: Tree) => Tree }[] {
  if (step.kind !== 'map') return []
  const parallel = entryOf(step, 'parallel')
  const repeat = entryOf(step, 'repeat')
  const rounds = entryOf(repeat?.value, 'steps')
  const found = []
  if (parallel?.value.kind === 'list')
    found.push({ list: parallel.value, put: (to: Tree, value: Tree) => putIn(to, { ...parallel, value }) })
  if (repeat?.value.kind === 'map' && rounds?.value.kind === 'list') {
    const { value: arg } = repeat
    const put = (to: Tree, value: Tree) => putIn(to, { ...repeat, value: withEntry(arg, { ...rounds, value }) })
    found.push({ list: rounds.value, put })
  }
  return found
}

function putIn(tree: Tree, entry: Entry): Tree {
  return tree.kind === 'map' ? withEntry(tree, entry) : tree
}

function nameOf(step: Tree): string[] {
  const name = entryOf(step, 'name')?.value
  return name?.kind === 'scalar' && typeof name.value === 'string' ? [name.value] : []
}

function isNamed(step: Tree, name: string): boolean {
  return nameOf(step).includes(name)
}
