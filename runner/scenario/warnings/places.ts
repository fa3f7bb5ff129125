import path, { posix } from 'node:path'
import type { Step } from '../../steps/verb.ts'
import type { Scenario } from '../model.ts'
import { parseYaml } from '../parse-yaml.ts'
import { Problems, SourceFile, type Span } from '../source.ts'
import { find, type MapTree, type Tree } from '../tree.ts'
import type { Place } from './warning.ts'

interface ReadFile {
  source: SourceFile
  tree: Tree | undefined
  /** By the offset of their first key. */
  maps: Map<number, MapTree>
}

/** Finds the parts of a scenario in its text and in those of its step files. */
export class Places {
  readonly #scenario: Scenario
  readonly #files = new Map<string, ReadFile | undefined>()

  constructor(scenario: Scenario) {
    this.#scenario = scenario
  }

  /** Where a part stands: the value of what the path leads to, or its key where the value is not in one place. */
  find(place: Place): { source: SourceFile; span: Span } | undefined {
    const file = this.#file('step' in place ? place.step.file : this.#scenario.file)
    const tree = file && ('step' in place ? mapOf(place.step, file) : file.tree)
    if (!file || !tree) return undefined
    for (let length = place.path.length; length > 0; length -= 1) {
      const found = find(tree, place.path.slice(0, length))
      if (!found) continue
      const { value, keySpan } = found
      const span = value.kind === 'scalar' && !place.isKey ? value.span : (keySpan ?? value.span)
      return { source: file.source, span }
    }
    const start = tree.kind === 'map' ? tree.entries[0]?.keySpan : undefined
    return { source: file.source, span: start ?? tree.span }
  }

  #file(name: string): ReadFile | undefined {
    if (!this.#files.has(name)) {
      const text = this.#textOf(name)
      this.#files.set(name, text === undefined ? undefined : read(name, text))
    }
    return this.#files.get(name)
  }

  #textOf(name: string): string | undefined {
    const { file, path: inRoot, source, usedFiles } = this.#scenario
    if (name === file) return source
    const way = path.relative(path.dirname(file), name).split(path.sep).join('/')
    const wanted = posix.join(posix.dirname(inRoot), way)
    return usedFiles.find((used) => used.path === wanted)?.text
  }
}

function read(name: string, text: string): ReadFile {
  const source = new SourceFile(name, text)
  const tree = parseYaml(source, new Problems())
  const maps = new Map<number, MapTree>()
  if (tree) note(tree, maps)
  return { source, tree, maps }
}

function note(tree: Tree, maps: Map<number, MapTree>): void {
  if (tree.kind === 'list') for (const item of tree.items) note(item, maps)
  if (tree.kind !== 'map') return
  const [first] = tree.entries
  if (first) maps.set(first.keySpan.start, tree)
  for (const { value } of tree.entries) note(value, maps)
}

function mapOf({ line, col }: Step, { source, maps }: ReadFile): MapTree | undefined {
  return maps.get(source.offsetOf(line, col))
}
