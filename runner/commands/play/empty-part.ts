import { systemClock } from '../../base/clock.ts'
import { typed } from '../../base/command-line.ts'
import { EXIT } from '../../base/exit.ts'
import { EVENTS_VERSION } from '../../record/events.ts'
import type { ShardPlan } from '../choosing/shard.ts'
import type { Output } from '../command.ts'
import { newRunId } from '../play.ts'
import { openRecord, partName } from './run-record.ts'

interface EmptyPart {
  reports: string
  /** Of the suite. */
  name: string
  /** The command that was called: `run`. */
  command: string
  shard: ShardPlan | undefined
}

/**
 * What a part leaves that has nothing to do, as there are more machines than scenarios: a run without any, by which the
 * whole knows that the part was there. Nothing where there are no parts. Returns the exit code. Throws RunFolderError.
 */
export function leaveEmptyPart({ reports, name, command, shard }: EmptyPart, out: Output): number {
  if (shard === undefined) return EXIT.passed
  const clock = systemClock
  const runId = newRunId(clock.wallMs())
  const record = openRecord(reports, name, { secrets: [], clock, quiet: true, own: partName(shard, runId) })
  try {
    const { recorder, folder } = record
    recorder.record({
      ...{ type: 'run-started', version: EVENTS_VERSION, name, runId, seed: 0, scenarios: 0, shard },
      ...{ startedAt: new Date(clock.wallMs()).toISOString(), command: typed(command) },
    })
    recorder.record({
      ...{ type: 'run-ended', verdict: 'passed', exitCode: EXIT.passed, durationMs: 0, folder: folder.path },
    })
    const { unwritten = [], exitCode } = record.finish(out.failures)
    for (const text of unwritten) out.progress(text)
    return exitCode
  } finally {
    record.close()
  }
}
