import { typed } from '../base/command-line.ts'
import { UsageError } from '../base/errors.ts'
import { EXIT } from '../base/exit.ts'
import { fitted } from '../base/text.ts'
import { outputStyle } from '../report/style.ts'
import { explainScenario } from '../scenario/explain.ts'
import { verbByName } from '../steps/index.ts'
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
import { loadScenarios } from './load-scenarios.ts'
import { givenParams, paramFlags } from './param-flags.ts'

export const explain: Command = {
  usage: 'explain NAME… [flags]',
  flags: { ...paramFlags, ...libraryFlags, ...allowFlag, ...programsFlag, ...readingClientFlags },
  async run(line, context) {
    if (line.positionals.length === 0)
      throw new UsageError(`name a scenario to explain; \`${typed('list')}\` shows them`)
    const params = givenParams(line, context.out)
    const by = { allowed: allowedBy(line), programs: programsIn(line) }
    const clients = clientsOf(line)
    const scenarios = await playedThrough(clients, (client) =>
      loadScenarios(line.positionals, params, context, { ...by, client }),
    )
    tellClients(scenarios, clients, context.out)
    await tellUnplayable(scenarios, context.out)
    const { width } = outputStyle(process.stdout, process.env)
    context.out.print(
      params
        .hide(
          scenarios
            .map((scenario) => explainScenario({ ...scenario, title: titleThrough(scenario) }, verbByName))
            .join('\n')
            .trimEnd(),
        )
        .split('\n')
        .flatMap((line) => fitted(line, width))
        .join('\n'),
    )
    return EXIT.passed
  },
}
