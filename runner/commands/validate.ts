import { UsageError } from '../base/errors.ts'
import { EXIT } from '../base/exit.ts'
import { scenarioNames } from '../scenario/library.ts'
import { allowedBy, allowFlag } from './allow.ts'
import type { Command } from './command.ts'
import { type Flags, nameValues } from './flags.ts'
import { readScenarios } from './load-scenarios.ts'
import { scenariosFolder } from './project.ts'

export const setFlag: Flags = {
  set: {
    type: 'string',
    multiple: true,
    value: 'NAME=VALUE',
    help: 'a value for a param of the scenario; may be given several times',
  },
}

export const validate: Command = {
  usage: 'validate [NAME…] [flags]',
  flags: { ...setFlag, ...allowFlag },
  async run(line, context) {
    const names = line.positionals.length > 0 ? line.positionals : scenarioNames(scenariosFolder)
    const { scenarios, complaints } = await readScenarios(names, nameValues(line, 'set'), context, {
      allowed: allowedBy(line),
    })
    for (const { file, title } of scenarios) context.out.print(`ok  ${file}: ${title}`)
    if (complaints.length > 0) throw new UsageError(complaints.join('\n'))
    return EXIT.passed
  },
}
