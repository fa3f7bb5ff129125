#!/usr/bin/env node
import { BUG_HINT, messageOf, UsageError } from './base/errors.ts'
import { EXIT, worstExit } from './base/exit.ts'
import { nearestWord } from './base/nearest.ts'
import { expectedError } from './base/surroundings.ts'
import { fitted } from './base/text.ts'
import type { Command } from './commands/command.ts'
import { watchEnd } from './commands/ending.ts'
import { flagHelp, parseFlags } from './commands/flags.ts'
import { proseLines, rowLines } from './commands/help-text.ts'
import { type CommandEntry, commands } from './commands/index.ts'
import { libraryOf } from './commands/library-flags.ts'
import { version } from './commands/project.ts'
import { openStandardStreams } from './commands/standard-streams.ts'
import { listenForInterrupts } from './engine/interrupt.ts'
import { outputStyle } from './report/style.ts'

const COMMON = {
  help: { type: 'boolean', short: 'h', help: 'show this' },
  debug: { type: 'boolean', help: 'show stack traces of bugs' },
} as const

const debug = process.argv.includes('--debug')

const { out, written } = openStandardStreams(process.env)

const { width } = outputStyle(process.stdout, process.env)

const HELP = { name: 'help', summary: 'what a verb, a check, a workload or a command does, with an example' }
const listed = [...commands.filter(({ isHidden }) => isHidden !== true), HELP]

function overview(): string {
  return [
    'redis-chaos: chaos testing for Redis Cluster, by scenarios',
    '',
    ...rowLines(
      listed.map(({ name, summary }) => [name, summary]),
      width,
    ),
    '',
    ...fitted('redis-chaos COMMAND --help tells more of each; redis-chaos --version says which one this is.', width),
  ].join('\n')
}

function helpOf({ summary }: CommandEntry, command: Command): string {
  return [
    ...[`redis-chaos ${command.usage}`, `  ${summary}`, ''].flatMap((line) => fitted(line, width)),
    ...(command.details ? [...proseLines(command.details, width), ''] : []),
    flagHelp({ ...command.flags, ...COMMON }, width),
  ].join('\n')
}

function entryNamed(name: string): CommandEntry {
  const entry = commands.find((candidate) => candidate.name === name)
  if (entry) return entry
  const names = listed.map((candidate) => candidate.name)
  const similar = nearestWord(name, names)
  throw new UsageError(
    `there is no command \`${name}\`${similar === undefined ? ';' : `; did you mean \`${similar}\`?`} there are ${names.join(', ')}`,
  )
}

/** `help` alone, or with words: commands, and words of the language. */
async function help(args: readonly string[]): Promise<number> {
  const { helpOn, helpStyle, languageOverview } = await import('./commands/help.ts')
  const { positionals: words } = parseFlags(args, COMMON, HELP.name)
  const style = helpStyle(process.stdout, process.env)
  const commandHelp = new Map(
    commands.map((entry) => [entry.name, async () => helpOf(entry, await entry.load())] as const),
  )
  const isAlone = words.length === 0
  out.print(isAlone ? `${overview()}\n\n${languageOverview(style)}` : await helpOn(words, commandHelp, style))
  return EXIT.passed
}

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined || name === '--help' || name === '-h') {
    out.print(overview())
    return name === undefined ? EXIT.usage : EXIT.passed
  }
  if (name === '--version' || name === '-V') {
    out.print(`redis-chaos ${version()}`)
    return EXIT.passed
  }
  if (name === HELP.name) return await help(rest)
  const entry = entryNamed(name)
  const command = await entry.load()
  const given = parseFlags(rest, { ...command.flags, ...COMMON }, name)
  if (given.on('help')) {
    out.print(helpOf(entry, command))
    return EXIT.passed
  }
  const { withProjectFile } = await import('./commands/project-file.ts')
  const { line, notes: defaults } = await withProjectFile(given, command.flags, out.color)
  const library = libraryOf(line)
  let describeLeftovers: (() => string) | undefined
  const leave = (why: string, exitCode: number): never => {
    out.progress(`\n${why} ${describeLeftovers?.() ?? ''}`)
    process.exit(exitCode)
  }
  const interrupts = listenForInterrupts(() => leave('Leaving at once.', EXIT.interrupted))
  // What nobody caught is a bug; going on would be guessing, and exit code 1 would blame the scenario.
  const onUncaught = (error: unknown) => {
    leave('Leaving at once.', explainError(error))
  }
  process.on('uncaughtException', onUncaught)
  try {
    const onLeaving = (tell: (() => string) | undefined) => {
      describeLeftovers = tell
    }
    return await command.run(line, { out, signal: interrupts.signal, library, defaults, onLeaving, debug })
  } finally {
    interrupts.stop()
    process.off('uncaughtException', onUncaught)
  }
}

/** Says what went wrong, and gives the exit code for it. */
function explainError(error: unknown): number {
  const say = out.progress
  if (debug && error instanceof Error) say(error.stack ?? error.message)
  const expected = expectedError(error)
  if (expected === undefined) {
    say(`A bug of redis-chaos: ${messageOf(error)}`)
    say(BUG_HINT)
    return EXIT.bug
  }
  say(expected.message)
  if (expected.hint !== undefined) say(expected.hint)
  return expected.exitCode
}

/** What could not be told is no verdict; a wrong command line was told by its exit code too. */
async function exitCodeOfTold(exitCode: number): Promise<number> {
  await written()
  const failures = out.failures()
  for (const failure of failures) out.progress(failure)
  return failures.length === 0 || exitCode === EXIT.usage ? exitCode : worstExit(exitCode, EXIT.noVerdict)
}

const endWith = watchEnd(out.progress)
endWith(await exitCodeOfTold(await main(process.argv.slice(2)).catch(explainError)))
