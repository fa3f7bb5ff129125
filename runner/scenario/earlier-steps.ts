import { didYouMean } from '../base/nearest.ts'
import { DEFAULT_NAME } from '../steps/migrations.ts'
import type { CheckContext } from './check-value.ts'
import { type Entry, entryOf, find, type ScalarTree, type Tree } from './tree.ts'

/** What the steps read so far give to those that come after them. */
export class EarlierSteps {
  /** Phases and names: what `since` may go back to. */
  readonly #begun = new Set<string>()
  /** Names of moves of slots that go on, or are left half-way. */
  readonly #moves = new Set<string>()
  /** A name of a move is known only when it is played. */
  #hasOpenMove = false

  noteBegun(word: string): void {
    this.#begun.add(word)
  }

  /** Notes the move that a step leaves to those after it, if it leaves one. */
  noteMove({ key, value }: Entry, { scope }: CheckContext): void {
    if (key !== 'reshard' && key !== 'rebalance') return
    const background = entryOf(value, 'background')?.value
    const isLeft =
      entryOf(value, 'until') !== undefined || (background?.kind === 'scalar' && background.value !== false)
    if (!isLeft) return
    const as = textOf(entryOf(value, 'as')?.value)
    const name = as === undefined ? DEFAULT_NAME : String(scope.fill(as.value))
    if (scope.openNames(name).length > 0) this.#hasOpenMove = true
    else this.#moves.add(name)
  }

  /** Reports a `since` that goes back to nothing. `isOpen` says, and reports, that its word is not known yet. */
  checkSince({ key, value }: Entry, context: CheckContext, isOpen: (entry: Entry) => boolean): void {
    for (const subject of key === 'expect' ? ['info', 'log'] : []) {
      const entry = find(value, [subject])?.value
      const since = entry && entryOf(entry, 'since')
      if (since?.value.kind !== 'scalar' || since.value.broken || isOpen(since)) continue
      const word = context.scope.fill(since.value.value)
      if (typeof word !== 'string' || this.#begun.has(word)) continue
      const hint =
        this.#begun.size === 0
          ? 'A step before this one needs a `phase: …` or a `name: …`.'
          : `Before this step begin: ${[...this.#begun].join(', ')}.`
      const suggestion = didYouMean(word, this.#begun)
      const message = `no step before this one has the phase or the name \`${word}\``
      context.problems.add(context.source, since.value.span, message, suggestion ? { suggestion } : { hint })
    }
  }

  /** Reports a `migration: resume`, or a question about a move, of which no step before it has left one of that name. */
  checkMove(entry: Entry, { source, problems, scope }: CheckContext): void {
    const asked = moveAskedFor(entry)
    if (asked === undefined || this.#hasOpenMove) return
    const name = asked.name === undefined ? DEFAULT_NAME : String(scope.fill(asked.name.value))
    if (scope.openNames(name).length > 0 || this.#moves.has(name)) return
    const names = [...this.#moves].filter((each) => each !== DEFAULT_NAME)
    const called = asked.name === undefined ? '' : ` called \`${name}\``
    const unnamed = asked.name === undefined && names.length > 0 ? ' without a name' : ''
    const message = `no step before this one leaves a move of slots${called}${unnamed}`
    const suggestion = asked.name === undefined ? undefined : didYouMean(name, names)
    problems.add(source, (asked.name ?? asked.whole).span, message, { suggestion, hint: this.#hintAbout(names, asked) })
  }

  #hintAbout(names: readonly string[], { example }: { example: (name: string) => string }): string {
    const [first] = names
    if (first !== undefined) return `Before this step begin: ${names.join(', ')}; say which, as \`${example(first)}\`.`
    return this.#moves.size > 0
      ? 'The one before this step has no name: `as: …` in its `reshard` or `rebalance` gives it one.'
      : 'A `reshard` or `rebalance` leaves one with `background: true` or `until: …`, and `as: …` names it.'
  }
}

interface AskedMove {
  whole: Tree
  /** Absent where it is the move without a name. */
  name?: ScalarTree
  example: (name: string) => string
}

function moveAskedFor({ key, value }: Entry): AskedMove | undefined {
  if (key === 'expect') {
    const state = textOf(entryOf(value, 'migration')?.value)
    if (state === undefined) return undefined
    const as = textOf(entryOf(value, 'as')?.value)
    const example = (name: string) => `expect: { migration: ${String(state.value)}, as: ${name} }`
    return { whole: state, ...(as && { name: as }), example }
  }
  if (key !== 'migration') return undefined
  const short = textOf(value)
  if (short !== undefined) {
    if (short.value !== 'resume' && short.value !== 'cancel') return undefined
    return { whole: short, example: (name) => `migration: { ${String(short.value)}: ${name} }` }
  }
  for (const act of ['resume', 'cancel']) {
    const name = textOf(entryOf(value, act)?.value)
    if (name) return { whole: name, name, example: (other) => `migration: { ${act}: ${other} }` }
  }
  return undefined
}

/** A text that nothing is wrong with. */
function textOf(tree: Tree | undefined): ScalarTree | undefined {
  return tree?.kind === 'scalar' && typeof tree.value === 'string' && !tree.broken ? tree : undefined
}
