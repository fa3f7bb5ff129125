import { EXIT } from '../base/exit.ts'
import { visible } from '../base/text.ts'
import type { Command } from './command.ts'
import { candidatesFor } from './completion/candidates.ts'
import { wordsOf } from './completion/line.ts'
import { libraryFlags } from './library-flags.ts'

/** A command of the command line, not loaded yet. */
interface Entry {
  name: string
  summary: string
  isHidden?: boolean
  load(): Promise<Command>
}

/** What the scripts of `completion` ask while somebody types. It starts nothing, and touches nothing. */
export function completeAmong(commands: readonly Entry[]): Command {
  const known = [
    ...commands
      .filter(({ isHidden }) => isHidden !== true)
      .map(({ name, summary, load }) => ({ name, summary, flags: async () => (await load()).flags })),
    { name: 'help', summary: 'what a word of the language means, with an example', flags: async () => ({}) },
  ]
  return {
    usage: 'complete -- LINE',
    flags: libraryFlags,
    async run({ positionals: [line = ''] }, { out, library }) {
      const candidates = await candidatesFor(wordsOf(line).slice(1), known, { library })
      // What a file is called may be anything; a line is one answer, and nothing in it may steer the terminal.
      const found = candidates.filter(({ word }) => visible(word) === word)
      if (found.length > 0)
        out.print(found.map(({ word, says }) => (says === undefined ? word : `${word}\t${says}`)).join('\n'))
      return EXIT.passed
    },
  }
}
