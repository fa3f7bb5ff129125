import { isExpected, UsageError } from '../base/errors.ts'
import { EXIT } from '../base/exit.ts'
import { readJournals } from '../faults/journal.ts'
import { cleanRunCommand, describeRun } from '../platforms/found-run.ts'
import type { FoundRun, Platform } from '../platforms/platform.ts'
import { defaultStateFolder } from '../platforms/state-folder.ts'
import type { Command } from './command.ts'
import { forgetJournal, healCluster } from './heal/heal-cluster.ts'
import { openEveryPlatform } from './open-platform.ts'

export const heal: Command = {
  usage: 'heal [--dry-run] [--run ID]',
  details: [
    '  Runs whose program is gone are removed, with all that they made. Clusters that are kept (by --keep, or the command cluster) stay:',
    '  faults are taken away, paused and stopped servers go on, open slots are closed. Runs at work are left alone.',
  ],
  flags: {
    'dry-run': { type: 'boolean', help: 'say what would be done, and do nothing' },
    run: { type: 'string', value: 'ID', help: 'only this run' },
  },
  async run(line, { out, signal }) {
    if (line.positionals.length > 0) throw new UsageError('heal takes flags only; a run is named with --run')
    const only = line.text('run')
    const dryRun = line.on('dry-run')
    const platforms = await openEveryPlatform()
    try {
      const found = await findRuns(platforms, only)
      const done: string[] = []
      const failed: string[] = []
      const kept = found.filter(({ run }) => run.state === 'kept')
      for (const { platform, run } of found) {
        const healing = await healOne(platform, run, { dryRun, signal })
        done.push(...healing.done.map((text) => `${run.runId}: ${text}`))
        failed.push(...healing.failed.map((text) => `${run.runId}: ${text}`))
      }
      done.push(...forgetLostJournals(found, { only, dryRun, everyPlatformAnswers: platforms.length === 2 }))
      for (const text of done) out.print(text)
      for (const text of failed) out.progress(`not healed: ${text}`)
      if (only !== undefined && found.length === 0 && done.length === 0)
        throw new UsageError(noSuchRun(only, platforms))
      if (done.length + failed.length === 0) out.print('There is nothing to heal.')
      for (const { platform, run } of kept) {
        out.print(`kept: ${describeRun(platform.kind, run)}; remove it with: ${cleanRunCommand(run.runId)}`)
      }
      return failed.length === 0 ? EXIT.passed : EXIT.noVerdict
    } finally {
      await Promise.all(platforms.map((platform) => platform.close()))
    }
  },
}

interface Found {
  platform: Platform
  run: FoundRun
}

async function findRuns(platforms: readonly Platform[], only: string | undefined): Promise<Found[]> {
  const lists = await Promise.all(
    platforms.map(async (platform) => (await platform.runs()).map((run) => ({ platform, run }))),
  )
  return lists.flat().filter(({ run }) => only === undefined || run.runId === only)
}

async function healOne(
  platform: Platform,
  run: FoundRun,
  options: { dryRun: boolean; signal: AbortSignal },
): Promise<{ done: string[]; failed: string[] }> {
  const { purpose, state, runId } = run
  if (state === 'live') return { done: [`left alone: ${purpose} is at work`], failed: [] }
  if (state === 'elsewhere') {
    const text = `left alone: ${purpose} was made elsewhere, and may be at work; ${byHand(platform, run)}`
    return { done: [text], failed: [] }
  }
  if (state === 'damaged') {
    const text = `${purpose}, though something of it is still at work: nobody can tell what; ${byHand(platform, run)}`
    return { done: [], failed: [text] }
  }
  try {
    if (state === 'kept') return await healCluster(platform, run, options)
    if (options.dryRun) return { done: [`would remove what ${purpose} left`], failed: [] }
    const removed = await platform.removeRun(runId)
    forgetJournal(runId)
    return { done: removed.map((text) => `removed ${text}`), failed: [] }
  } catch (error) {
    // What one run is in must not keep the others from being healed.
    if (options.signal.aborted || !isExpected(error)) throw error
    return { done: [], failed: [[error.message, error.hint].filter((text) => text !== undefined).join('; ')] }
  }
}

function byHand(platform: Platform, { runId }: FoundRun): string {
  return `remove it by hand with: ${platform.removalCommand(runId)}`
}

/** Journals of runs that are gone altogether. While a platform does not answer, its runs cannot be told from those. */
function forgetLostJournals(
  found: readonly Found[],
  { only, dryRun, everyPlatformAnswers }: { only: string | undefined; dryRun: boolean; everyPlatformAnswers: boolean },
): string[] {
  const lost = readJournals(defaultStateFolder()).filter(
    ({ runId, platform }) =>
      (only === undefined || runId === only) &&
      (everyPlatformAnswers || platform === 'process') &&
      !found.some(({ run }) => run.runId === runId),
  )
  if (!dryRun) for (const { runId } of lost) forgetJournal(runId)
  return lost.map(({ runId }) => `${runId}: ${dryRun ? 'would remove' : 'removed'} the journal of a run that is gone`)
}

function noSuchRun(only: string, platforms: readonly Platform[]): string {
  return `nothing is left of a run \`${only}\` on ${platforms.map(({ kind }) => kind).join(' or ')}; without --run, heal looks at all runs`
}
