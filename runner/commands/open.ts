import { constants, setPriority } from 'node:os'
import path from 'node:path'
import { systemClock } from '../base/clock.ts'
import { UsageError } from '../base/errors.ts'
import { EXIT } from '../base/exit.ts'
import type { Command, CommandContext } from './command.ts'
import { findRunAtWork, isAtWork } from './open/at-work.ts'
import { isOverSsh, openInBrowser, whyNoBrowser } from './open/browser.ts'
import { Doorway } from './open/doorway.ts'
import { finishedPage } from './open/finished-page.ts'
import { LiveServer } from './open/live-server.ts'
import { findRun, reportsFolder, shown } from './project.ts'

/** How long the page of a run that is over stays served when nobody asks for anything. */
const LINGER_MINUTES = 10

export const open: Command = {
  usage: 'open [RUN] [flags]',
  details: [
    '  Opens the page of a run in the browser. RUN is a folder of reports/, or a path to one; the run that is on',
    '  if it is not named, else the last one.',
    '  A run that is on is followed: its page is served on this machine alone, at an address that only you are told,',
    `  until Ctrl-C, or until the run is over and nobody has looked for ${LINGER_MINUTES} minutes.`,
  ],
  flags: {
    'no-browser': { type: 'boolean', help: 'only print what to open' },
    reports: { type: 'string', value: 'FOLDER', help: 'where runs are (default reports)' },
  },
  async run(line, context) {
    const [name, ...more] = line.positionals
    if (more.length > 0) throw new UsageError('open takes one run')
    const reports = line.text('reports') ?? reportsFolder
    const folder = (name === undefined ? findRunAtWork(reports) : undefined) ?? findRun(name, reports)
    const why = line.on('no-browser') ? 'as asked for' : whyNoBrowser(process)
    if (isAtWork(folder)) await follow(folder, why, context)
    else await showFinished(folder, why, context)
    return EXIT.passed
  },
}

async function showFinished(folder: string, whyNot: string | undefined, { out }: CommandContext): Promise<void> {
  const page = path.resolve(finishedPage(folder))
  out.print(page)
  await openOrSay(page, whyNot, 'Open this file in a browser.', out)
}

/** Serves the page until nobody needs it. This program only reads what the run writes, and yields to it. */
async function follow(folder: string, whyNot: string | undefined, { out, signal }: CommandContext): Promise<void> {
  yieldToOthers()
  const server = await LiveServer.start({ folder, clock: systemClock, lingerMs: LINGER_MINUTES * 60_000 })
  const doorway = new Doorway(server.url)
  try {
    out.progress(`Following ${shown(folder)}; Ctrl-C ends this, and not the run.`)
    out.print(server.url)
    const from = isOverSsh(process.env)
      ? ` From the machine you sit at: ssh -L ${server.port}:127.0.0.1:${server.port} THIS-MACHINE, and the same address there.`
      : ''
    await openOrSay(doorway.file, whyNot, `Open this address in a browser.${from}`, out)
    await server.unneeded(signal)
    out.progress(`The page of the finished run is ${shown(path.join(folder, 'report.html'))}`)
  } finally {
    doorway.close()
    await server.close()
  }
}

/** Opens it, or says that somebody else has to, and why. */
async function openOrSay(
  file: string,
  whyNot: string | undefined,
  instead: string,
  out: CommandContext['out'],
): Promise<void> {
  const why = whyNot ?? (await openInBrowser(file, process))
  if (why !== undefined) out.progress(`No browser was opened (${why}). ${instead}`)
}

function yieldToOthers(): void {
  try {
    setPriority(constants.priority.PRIORITY_LOW)
  } catch {
    // A system that refuses it loses little.
  }
}
