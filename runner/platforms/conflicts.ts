import { ConflictError } from './errors.ts'

/** A name or port that is wanted, and what has it. */
export interface Conflict {
  kind: 'name' | 'port'
  what: string
  holder: string
  /** What removes the holder, in words, if it is one of this project's own. */
  removal?: string
}

/** One error for all conflicts, by holder; it names the flags that avoid them. */
export function conflictError(conflicts: readonly Conflict[]): ConflictError {
  const holders = [...new Set(conflicts.map(({ holder }) => holder))]
  const parts = holders.map((holder) => {
    const held = conflicts.filter((conflict) => conflict.holder === holder)
    const of = (kind: Conflict['kind']) => held.filter((conflict) => conflict.kind === kind).map(({ what }) => what)
    const things = [listOf('name', of('name')), listOf('port', of('port'))].filter((text) => text !== '')
    return `${things.join(' and ')} ${held.length === 1 ? 'is' : 'are'} taken by ${holder}`
  })
  const flags = [
    ...(conflicts.some(({ kind }) => kind === 'port') ? ['other ports with `--port-base`'] : []),
    ...(conflicts.some(({ kind }) => kind === 'name') ? ['other names with `--name-prefix`'] : []),
  ]
  const removals = [...new Set(conflicts.flatMap(({ removal }) => (removal === undefined ? [] : [removal])))]
  const clean = removals.length === 0 ? '' : `; or, if it is no longer needed, remove it with ${removals.join(' and ')}`
  return new ConflictError(`${parts.join('; ')}; nothing was touched`, {
    hint: `choose ${flags.join(' and ')}${clean}`,
  })
}

function listOf(kind: string, things: readonly string[]): string {
  if (things.length === 0) return ''
  return `${kind}${things.length === 1 ? '' : 's'} ${things.join(', ')}`
}
