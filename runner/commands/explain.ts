import { typed } from '../base/command-line.ts'
import { UsageError } from '../base/errors.ts'
import { EXIT } from '../base/exit.ts'
import { explainScenario } from '../scenario/explain.ts'
import { verbByName } from '../steps/index.ts'
import { allowedBy, allowFlag } from './allow.ts'
import type { Command } from './command.ts'
import { nameValues } from './flags.ts'
import { loadScenarios } from './load-scenarios.ts'
import { setFlag } from './validate.ts'

export const explain: Command = {
  usage: 'explain NAME… [flags]',
  flags: { ...setFlag, ...allowFlag },
  async run(line, context) {
    if (line.positionals.length === 0)
      throw new UsageError(`name a scenario to explain; \`${typed('list')}\` shows them`)
    const scenarios = await loadScenarios(line.positionals, nameValues(line, 'set'), context, {
      allowed: allowedBy(line),
    })
    context.out.print(
      scenarios
        .map((scenario) => explainScenario(scenario, verbByName))
        .join('\n')
        .trimEnd(),
    )
    return EXIT.passed
  },
}
