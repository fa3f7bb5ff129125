import { typed, typedAsWell } from '../base/command-line.ts'
import { ChaosError, UsageError } from '../base/errors.ts'
import { EXIT } from '../base/exit.ts'
import { didYouMean } from '../base/nearest.ts'
import { outputStyle } from '../report/style.ts'
import { installClient } from '../workload/drivers/install.ts'
import { findClient, type InstalledClient } from '../workload/drivers/installed.ts'
import { clientNames, manifestOf } from '../workload/drivers/registry.ts'
import type { Command, Output } from './command.ts'
import { rowLines } from './help-text.ts'
import { shown } from './project.ts'

export const client: Command = {
  usage: `client list | [install] NAME…${typedAsWell('client', 'NAME…')}`,
  details: [
    '  Installs clients that workloads may go through (`client: node-redis`), each as its lock file says; `client list` shows',
    '  which are here. None comes with redis-chaos itself.',
  ],
  flags: {},
  async run({ positionals }, { out, signal }) {
    const [first, ...more] = positionals
    if (first === undefined || (first === 'list' && more.length === 0)) {
      await printList(out)
      return EXIT.passed
    }
    const names = first === 'install' ? more : positionals
    if (names.length === 0) throw new UsageError(`client install takes names: ${clientNames().join(', ')}`)
    assertKnown(names, positionals)
    let exitCode: number = EXIT.passed
    for (const name of new Set(names)) {
      if (!(await installed(name, out, signal))) exitCode = EXIT.noVerdict
    }
    return exitCode
  },
}

/** What the first word may be beside the name of a client. */
const WORDS = ['install', 'list']

type Row = [name: string, here: string, summary: string]

/** Throws UsageError with every name that is none of a client. */
function assertKnown(names: readonly string[], words: readonly string[]): void {
  const wrong = names.filter((name) => !clientNames().includes(name))
  if (wrong.length === 0) return
  const sentences = wrong.map((name) => {
    if (name === 'ioredis' || name === 'direct') return `${name} needs no driver: it is a part of redis-chaos`
    const meant = didYouMean(name, name === words[0] ? [...clientNames(), ...WORDS] : clientNames())
    return `there is no client \`${name}\`; ${meant ?? `the clients are ${clientNames().join(', ')}`}`
  })
  throw new UsageError(sentences.join('\n'))
}

async function installed(name: string, out: Output, signal: AbortSignal): Promise<boolean> {
  out.progress(`installing ${name}`)
  try {
    out.print(`${name} is installed: ${placeText(await installClient(name, signal))}`)
    return true
  } catch (error) {
    if (!(error instanceof ChaosError)) throw error
    out.print([error.message, ...(error.hint === undefined ? [] : [`  ${error.hint}`])].join('\n'))
    return false
  }
}

async function printList(out: Output): Promise<void> {
  const rows = await Promise.all(
    clientNames().map(async (name): Promise<Row> => {
      const found = await findClient(name)
      const { install, byHand = '', summary } = manifestOf(name)
      const how = install ? typed('client', [name]) : byHand
      return [name, found ? placeText(found) : `not installed; to install it: ${how}`, summary]
    }),
  )
  const own: Row = ['ioredis', 'a part of redis-chaos', 'ioredis, a client of Redis for Node.js, inside of the runner']
  const lines = [own, ...rows].flatMap(([name, here, summary]): [string, string][] => [
    [name, here],
    ['', summary],
  ])
  out.print(rowLines(lines, outputStyle(process.stdout, process.env).width).join('\n'))
}

function placeText({ version, folder }: InstalledClient): string {
  return [version ?? 'some version', folder === undefined ? 'of this system' : `in ${shown(folder)}`].join(', ')
}
