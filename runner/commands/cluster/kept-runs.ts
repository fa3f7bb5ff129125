import { UsageError } from '../../base/errors.ts'
import { EXIT } from '../../base/exit.ts'
import { PlatformError } from '../../platforms/errors.ts'
import { cleanRunCommand, describeRun } from '../../platforms/found-run.ts'
import type { FoundRun, Platform } from '../../platforms/platform.ts'
import type { Output } from '../command.ts'
import { forgetJournal } from '../heal/heal-cluster.ts'
import { openEveryPlatform } from '../open-platform.ts'
import { printStatus } from './status.ts'

interface Found {
  platform: Platform
  run: FoundRun
}

/** Runs that are there and nobody works on, on every platform that answers: a line for each, and what removes it. */
export async function keptRuns(): Promise<string[]> {
  return await withEveryRun(async (found) =>
    found
      .filter(({ run }) => run.state !== 'live')
      .map(
        ({ platform, run }) =>
          `There is ${describeRun(platform.kind, run)}; remove it with: ${cleanRunCommand(run.runId)}`,
      ),
  )
}

/** Removes one run by its id, wherever it is. Throws UsageError if there is none, PlatformError if it is at work. */
export async function cleanRun(runId: string, out: Output): Promise<number> {
  return await withEveryRun(async (found) => {
    const { platform, run } = runNamed(runId, found)
    if (run.state === 'live') {
      throw new PlatformError(`${describeRun(platform.kind, run)} is left alone: its program lives`, {
        hint: 'end that program with Ctrl-C: it removes what it made',
      })
    }
    const removed = await platform.removeRun(runId)
    forgetJournal(runId)
    out.print(`removed: ${removed.join(', ')}`)
    return EXIT.passed
  })
}

/** Shows one run by its id, wherever it is and whoever is at work on it. Throws UsageError if there is none. */
export async function showRun(runId: string, out: Output): Promise<number> {
  return await withEveryRun(async (found) => {
    const { platform } = runNamed(runId, found)
    const group = await platform.find(runId)
    if (group) return await printStatus(group, out)
    throw new PlatformError(`the servers of run ${runId} are gone`)
  })
}

function runNamed(runId: string, found: readonly Found[]): Found {
  const one = found.find(({ run }) => run.runId === runId)
  if (one) return one
  const others = found.map(({ platform, run }) => describeRun(platform.kind, run))
  throw new UsageError(`there is no run ${runId}; there ${others.length === 0 ? 'is none' : `is ${others.join('; ')}`}`)
}

async function withEveryRun<T>(work: (found: readonly Found[]) => Promise<T>): Promise<T> {
  const platforms = await openEveryPlatform()
  try {
    const lists = platforms.map(async (platform) => (await platform.runs()).map((run) => ({ platform, run })))
    return await work((await Promise.all(lists)).flat())
  } finally {
    await Promise.all(platforms.map((platform) => platform.close()))
  }
}
