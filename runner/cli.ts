#!/usr/bin/env node
import { BUG_HINT, isExpected, messageOf, UsageError } from './base/errors.ts'
import { EXIT } from './base/exit.ts'
import { nearestWord } from './base/nearest.ts'
import { forOutput } from './base/text.ts'
import type { Command, Output } from './commands/command.ts'
import { watchEnd } from './commands/ending.ts'
import { flagHelp, parseFlags } from './commands/flags.ts'
import { type CommandEntry, commands } from './commands/index.ts'
import { listenForInterrupts } from './engine/interrupt.ts'
import { outputStyle } from './report/style.ts'

const COMMON = {
  help: { type: 'boolean', short: 'h', help: 'show this' },
  debug: { type: 'boolean', help: 'show stack traces of bugs' },
} as const

const debug = process.argv.includes('--debug')

const color = process.stdout.isTTY === true && !process.env.NO_COLOR
/** Whether any of what is printed may be. */
const painted = color || [process.stdout, process.stderr].some((stream) => outputStyle(stream, process.env).color)

const out: Output = {
  print: (text, meant) => process.stdout.write(`${forOutput(text, { ...meant, painted })}\n`),
  progress: (text) => process.stderr.write(`${forOutput(text, { painted })}\n`),
  color,
}

function overview(): string {
  return [
    'redis-chaos: chaos testing for Redis Cluster, by scenarios',
    '',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(9)} ${summary}`),
    '',
    'redis-chaos COMMAND --help tells more of each.',
  ].join('\n')
}

function helpOf({ summary }: CommandEntry, command: Command): string {
  return [
    `redis-chaos ${command.usage}`,
    `  ${summary}`,
    '',
    ...(command.details ? [...command.details, ''] : []),
    flagHelp({ ...command.flags, ...COMMON }),
  ].join('\n')
}

function entryNamed(name: string): CommandEntry {
  const entry = commands.find((candidate) => candidate.name === name)
  if (entry) return entry
  const names = commands.map((candidate) => candidate.name)
  const similar = nearestWord(name, names)
  throw new UsageError(
    `there is no command \`${name}\`${similar === undefined ? ';' : `; did you mean \`${similar}\`?`} there are ${names.join(', ')}`,
  )
}

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    out.print(overview())
    return name === undefined ? EXIT.usage : EXIT.passed
  }
  const entry = entryNamed(name)
  const command = await entry.load()
  const line = parseFlags(rest, { ...command.flags, ...COMMON }, name)
  if (line.on('help')) {
    out.print(helpOf(entry, command))
    return EXIT.passed
  }
  let describeLeftovers: (() => string) | undefined
  const leave = (why: string, exitCode: number): never => {
    out.progress(`\n${why} ${describeLeftovers?.() ?? ''}`)
    process.exit(exitCode)
  }
  const interrupts = listenForInterrupts(() => leave('Leaving at once.', EXIT.interrupted))
  // What nobody caught is a bug; going on would be guessing, and exit code 1 would blame the scenario.
  const onUncaught = (error: unknown) => {
    explainError(error)
    leave('Leaving at once.', EXIT.bug)
  }
  process.on('uncaughtException', onUncaught)
  try {
    const onLeaving = (tell: (() => string) | undefined) => {
      describeLeftovers = tell
    }
    return await command.run(line, { out, signal: interrupts.signal, onLeaving, debug })
  } finally {
    interrupts.stop()
    process.off('uncaughtException', onUncaught)
  }
}

/** Says what went wrong, and gives the exit code for it. */
function explainError(error: unknown): number {
  const say = out.progress
  if (debug && error instanceof Error) say(error.stack ?? error.message)
  if (!isExpected(error)) {
    say(`A bug of redis-chaos: ${messageOf(error)}`)
    say(BUG_HINT)
    return EXIT.bug
  }
  say(error.message)
  if (error.hint !== undefined) say(error.hint)
  return error.exitCode
}

/** A reader that went away (`| head`, a closed terminal) must not keep a run from cleaning up. */
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

const endWith = watchEnd(out.progress)
endWith(await main(process.argv.slice(2)).catch(explainError))
