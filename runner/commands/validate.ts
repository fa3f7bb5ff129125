import { UsageError } from '../base/errors.ts'
import { EXIT } from '../base/exit.ts'
import { fittedSentences } from '../base/text.ts'
import { outputStyle } from '../report/style.ts'
import { scenarioNames } from '../scenario/library.ts'
import { allowedBy, allowFlag, programsFlag, programsIn } from './allow.ts'
import type { Command } from './command.ts'
import { libraryFlags } from './library-flags.ts'
import { chosenNames, readScenarios } from './load-scenarios.ts'
import { givenParams, paramFlags } from './param-flags.ts'
import { strictFlag, warningsIn, warningsText } from './warned.ts'

export const validate: Command = {
  usage: 'validate [NAME…] [flags]',
  details: [
    '  NAME is the name of a scenario, a file, a folder or a pattern in quotes; without one, all that there are.',
  ],
  flags: { ...paramFlags, ...libraryFlags, ...allowFlag, ...programsFlag, ...strictFlag },
  async run(line, context) {
    const { out } = context
    const params = givenParams(line, out)
    const words = line.positionals
    const names = words.length > 0 ? await chosenNames({ words }, context) : scenarioNames(context.library)
    const { scenarios, complaints } = await readScenarios(names, params, context, {
      allowed: allowedBy(line),
      programs: programsIn(line),
    })
    for (const { file, title } of scenarios) out.print(`ok  ${file}: ${title}`)
    if (complaints.length > 0) throw new UsageError(complaints.join('\n'))
    const warnings = warningsIn(scenarios, line, { params }, out.color)
    if (warnings.length > 0) {
      const text = warningsText(warnings, params, out.color)
      out.print(process.stdout.isTTY ? fittedSentences(text, outputStyle(process.stdout, process.env).width) : text)
    }
    return EXIT.passed
  },
}
