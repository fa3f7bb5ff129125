import { UsageError } from '../base/errors.ts'
import { EXIT } from '../base/exit.ts'
import { quoted } from '../base/shell-words.ts'
import type { Command, CommandContext } from './command.ts'
import type { Flags, ParsedLine } from './flags.ts'
import { askForPlan } from './new/ask.ts'
import { FAULTS, LOADS, SURVIVORS, TARGETS } from './new/choices.ts'
import { folderOf, freeName, newFile, schemaLine, writeNew } from './new/file.ts'
import { type Answers, DEFAULT_HOLD, type Plan, planOf } from './new/plan.ts'
import { nextCommands, scenarioText, titleOf } from './new/scenario-text.ts'
import { onTerminal, type Terminal } from './new/terminal.ts'

const words = (choices: readonly { word: string }[]) => choices.map(({ word }) => word).join(', ')

const flags: Flags = {
  fails: { type: 'string', value: 'WHAT', help: `what happens: ${words(FAULTS)} (default kill)` },
  target: {
    type: 'string',
    value: 'NODES',
    help: `to which nodes: "${TARGETS.map(({ word }) => word).join('", "')}" or the like (default "${TARGETS[0]?.word}")`,
  },
  load: { type: 'string', value: 'TYPE', help: `under what load: ${words(LOADS)} (default register)` },
  survives: {
    type: 'string',
    value: 'NAMES',
    help: `what must survive, separated by commas: ${words(SURVIVORS)} (default: all that the load can show)`,
  },
  scenarios: {
    type: 'string',
    multiple: true,
    value: 'FOLDER',
    help: 'the folder in which it is written, if NAME is no path (default scenarios, if it is there)',
  },
  for: { type: 'string', value: 'TIME', help: `how long it lasts (default ${DEFAULT_HOLD})` },
}

export const newScenario: Command = {
  usage: 'new [NAME] [flags]',
  details: [
    '  On a terminal it asks for what the flags do not say; Enter takes what is proposed. NAME is the name of the scenario,',
    '  or the path of its file. A file that is there is never overwritten.',
  ],
  flags,
  async run(line, context) {
    const { out } = context
    const [name, ...more] = line.positionals
    if (more.length > 0) throw new UsageError(`new writes one scenario: ${name}, and not ${more.join(', ')} as well`)
    const folder = folderOf(line.texts('scenarios')[0])
    if (name !== undefined) newFile(name, folder)
    const answers = answersOf(line)
    planOf(answers)
    const { plan, file } = await planned({ name, folder }, answers, context)
    writeNew(file, scenarioText(plan, schemaLine(file)))
    out.print(`${file}: ${titleOf(plan)}\n\n${nextCommands(quoted(file))}`)
    return EXIT.passed
  },
}

function answersOf(line: ParsedLine): Answers {
  const texts = ['fails', 'target', 'load', 'for'] as const
  const survives = line.text('survives')
  return {
    ...Object.fromEntries(texts.flatMap((key) => (line.text(key) === undefined ? [] : [[key, line.text(key)]]))),
    ...(survives !== undefined && { survives: survives.split(/[\s,]+/).filter(Boolean) }),
  }
}

/** Asks on a terminal for what is not said; elsewhere the usual is taken, but for the name. */
async function planned(
  { name, folder }: { name: string | undefined; folder: string },
  answers: Answers,
  { signal }: CommandContext,
): Promise<{ plan: Plan; file: string }> {
  const { stdin: input, stderr: output } = process
  if (input.isTTY !== true || output.isTTY !== true) {
    if (name === undefined)
      throw new UsageError('name the scenario that is to be written: new my-failover --fails kill (--help shows more)')
    return { plan: planOf(answers), file: newFile(name, folder) }
  }
  return onTerminal({ input, output }, signal, async (terminal) => {
    const plan = await askForPlan(answers, terminal)
    return { plan, file: name === undefined ? await askForFile(plan, folder, terminal) : newFile(name, folder) }
  })
}

async function askForFile({ fault, target }: Plan, folder: string, terminal: Terminal): Promise<string> {
  const usual = freeName(`${fault.word}-${target.count === 1 ? target.role : `${target.role}s`}`, folder)
  terminal.say('\nWhat is it called?\n')
  for (;;) {
    terminal.say(`[${usual}] `)
    try {
      return newFile((await terminal.line()) || usual, folder)
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      terminal.say(`${error.message}\n`)
    }
  }
}
