import { UsageError } from '../base/errors.ts'
import { EXIT } from '../base/exit.ts'
import { didYouMean } from '../base/nearest.ts'
import type { Command } from './command.ts'
import { SHELLS, scriptFor } from './completion/scripts.ts'

export const completion: Command = {
  usage: `completion ${SHELLS.join(' | ')}`,
  details: [
    '  Prints a script for the shell, which completes commands, flags, scenarios, servers, tags and runs:',
    '    bash  eval "$(redis-chaos completion bash)"        in ~/.bashrc',
    '    zsh   eval "$(redis-chaos completion zsh)"         in ~/.zshrc, after compinit',
    '    fish  redis-chaos completion fish | source         in ~/.config/fish/config.fish',
  ],
  flags: {},
  async run(line, { out }) {
    const [shell, ...more] = line.positionals
    const known = SHELLS.find((name) => name === shell)
    if (known === undefined || more.length > 0) {
      const hint = shell === undefined ? undefined : didYouMean(shell, SHELLS)
      throw new UsageError(`completion takes one shell: ${SHELLS.join(', ')}${hint === undefined ? '' : `; ${hint}`}`)
    }
    out.print(scriptFor(known))
    return EXIT.passed
  },
}
