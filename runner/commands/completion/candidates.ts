import type { Flags } from '../flags.ts'
import { type Candidate, LISTS, type Places, POSITIONALS, VALUES } from './values.ts'

/** Commands as completion knows them. Their flags are loaded when they are asked for: that takes a moment. */
export interface KnownCommand {
  name: string
  summary: string
  flags(): Promise<Flags>
}

/**
 * What may stand in the place of the last of `words` (those behind the program's name): only what begins as it does.
 * Nothing where a file or a value of one's own is meant.
 */
export async function candidatesFor(
  words: readonly string[],
  commands: readonly KnownCommand[],
  places: Places,
): Promise<Candidate[]> {
  const current = words.at(-1) ?? ''
  if (words.length < 2)
    return beginning(
      commands.map(({ name, summary }) => ({ word: name, says: summary })),
      current,
    )
  const command = commands.find(({ name }) => name === words[0])
  if (command === undefined || words.slice(1, -1).includes('--')) return []
  const assigned = /^--([\w-]+)=(.*)$/s.exec(current)
  if (assigned) {
    const [, flag = '', value = ''] = assigned
    return (await valuesOf(flag, value, places)).map((each) => ({ ...each, word: `--${flag}=${each.word}` }))
  }
  if (current.startsWith('-')) return beginning(await flagsOf(command), current)
  const before = /^--([\w-]+)$/.exec(words.at(-2) ?? '')?.[1]
  if (before !== undefined && words.length > 2) {
    if (Object.hasOwn(VALUES, before)) return valuesOf(before, current, places)
    if ((await command.flags())[before]?.type === 'string') return []
  }
  const positional = Object.hasOwn(POSITIONALS, command.name) ? POSITIONALS[command.name] : undefined
  const isThere = words.slice(1, -1).some((word) => !word.startsWith('-'))
  if (positional === undefined || (isThere && !positional.several)) return []
  return beginning(await positional.words(places), current)
}

function beginning(candidates: readonly Candidate[], current: string): Candidate[] {
  return candidates.filter(({ word }) => word.startsWith(current))
}

async function flagsOf(command: KnownCommand): Promise<Candidate[]> {
  const flags = Object.entries(await command.flags()).map(([name, { help }]) => ({ word: `--${name}`, says: help }))
  return [...flags, { word: '--help', says: 'show what the command takes' }]
}

/** Of a list, what is being written is what stands behind the last comma; no value is offered twice. */
async function valuesOf(flag: string, written: string, places: Places): Promise<Candidate[]> {
  const source = Object.hasOwn(VALUES, flag) ? VALUES[flag] : undefined
  const values = (await source?.(places)) ?? []
  if (!LISTS.has(flag)) return beginning(values, written)
  const given = written.split(',')
  const current = given.pop() ?? ''
  const before = given.map((value) => `${value},`).join('')
  return beginning(
    values.filter(({ word }) => !given.includes(word)),
    current,
  ).map((each) => ({ ...each, word: before + each.word }))
}
