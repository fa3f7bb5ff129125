import { UsageError } from '../base/errors.ts'
import { EXIT } from '../base/exit.ts'
import { fittedSentences } from '../base/text.ts'
import { outputStyle } from '../report/style.ts'
import { scenarioNames } from '../scenario/library.ts'
import { allowedBy, allowFlag, programsFlag, programsIn } from './allow.ts'
import {
  clientsOf,
  playedThrough,
  readingClientFlags,
  tellClients,
  tellUnplayable,
  titleThrough,
} from './client-flags.ts'
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
  flags: { ...paramFlags, ...libraryFlags, ...allowFlag, ...programsFlag, ...readingClientFlags, ...strictFlag },
  async run(line, context) {
    const { out } = context
    const params = givenParams(line, out)
    const words = line.positionals
    const names = words.length > 0 ? await chosenNames({ words }, context) : scenarioNames(context.library)
    const by = { allowed: allowedBy(line), programs: programsIn(line) }
    const clients = clientsOf(line)
    const complaints = new Set<string>()
    const scenarios = await playedThrough(clients, async (client) => {
      const read = await readScenarios(names, params, context, { ...by, client })
      for (const complaint of read.complaints) complaints.add(complaint)
      return read.scenarios
    })
    tellClients(scenarios, clients, out)
    await tellUnplayable(scenarios, out)
    for (const scenario of scenarios) out.print(`ok  ${scenario.file}: ${titleThrough(scenario)}`)
    if (complaints.size > 0) throw new UsageError([...complaints].join('\n'))
    const warnings = warningsIn(scenarios, line, { params }, out.color)
    if (warnings.length > 0) {
      const text = warningsText(warnings, params, out.color)
      out.print(process.stdout.isTTY ? fittedSentences(text, outputStyle(process.stdout, process.env).width) : text)
    }
    return EXIT.passed
  },
}
