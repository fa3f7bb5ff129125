import { UsageError } from '../base/errors.ts'
import { EXIT } from '../base/exit.ts'
import { scenarioNames } from '../scenario/library.ts'
import { allowedBy, allowFlag } from './allow.ts'
import type { Command } from './command.ts'
import { readScenarios } from './load-scenarios.ts'
import { givenParams, paramFlags } from './param-flags.ts'
import { scenariosFolder } from './project.ts'

export const validate: Command = {
  usage: 'validate [NAME…] [flags]',
  flags: { ...paramFlags, ...allowFlag },
  async run(line, context) {
    const names = line.positionals.length > 0 ? line.positionals : scenarioNames(scenariosFolder)
    const { scenarios, complaints } = await readScenarios(names, givenParams(line, context.out), context, {
      allowed: allowedBy(line),
    })
    for (const { file, title } of scenarios) context.out.print(`ok  ${file}: ${title}`)
    if (complaints.length > 0) throw new UsageError(complaints.join('\n'))
    return EXIT.passed
  },
}
