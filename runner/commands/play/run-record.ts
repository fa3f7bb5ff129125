import path from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { expectedError } from '../../base/surroundings.ts'
import { baselineMeasures } from '../../checks/regression/measures.ts'
import { writeBaseline } from '../../record/baseline.ts'
import { Recorder } from '../../record/event-log.ts'
import type { RunEvent } from '../../record/events.ts'
import { createRunFolder } from '../../record/run-folder.ts'
import { appendTrends } from '../../record/trends.ts'
import { appendStepSummary } from '../../report/github.ts'
import { liveReporter } from '../../report/live.ts'
import { replaceReports, writeReports } from '../../report/write-reports.ts'
import type { RunReport } from '../../results/report-model.ts'
import { reduceRun } from '../../results/run-model.ts'
import { trendLines } from '../../results/trend-lines.ts'
import { withUnsaved, withUnwritten } from '../../results/unwritten.ts'
import type { Shard } from '../choosing/shard.ts'
import { shown } from '../project.ts'

interface RecordOptions {
  secrets: readonly string[]
  clock: Clock
  /** Without a live view. */
  quiet: boolean
  /** How its folder is told from those of other machines. */
  own?: string
}

/** Parts of several machines, and of several servers, may lie in one folder. */
export function partName({ number, of }: Shard, runId: string): string {
  return `part-${number}-of-${of}-${runId.slice(-6)}`
}

/** The record of a run, the live view fed from it, and the reports made from it. */
export function openRecord(reports: string, name: string, { secrets, clock, quiet, own }: RecordOptions) {
  const place = shown(path.resolve(reports))
  const folder = createRunFolder(place, name, clock.wallMs(), own)
  const recorder = new Recorder({ file: folder.eventsFile, clock, secrets })
  const events: RunEvent[] = []
  const live = quiet ? undefined : liveReporter({ stream: process.stderr, env: process.env, clock })
  recorder.subscribe((event) => {
    events.push(event)
    live?.onEvent(event)
  })
  let reduced: { report: RunReport; events: number } | undefined
  const report = (): RunReport => {
    if (reduced?.events !== events.length) reduced = { report: reduceRun(events, folder.path), events: events.length }
    return reduced.report
  }
  const close = (): string[] => {
    live?.close()
    return collectFailures([() => recorder.close()])
  }
  /** Writes all reports; what it returns names what could not be written. `others`: what failed beside them. */
  const finish = (others: () => readonly string[]): RunReport => {
    const unwritten = [
      ...close(),
      ...others(),
      ...collectFailures([
        () => writeReports(folder.path, events, report()),
        () => appendTrends(place, trendLines(report())),
        () => appendStepSummary(process.env.GITHUB_STEP_SUMMARY, report()),
      ]),
    ]
    const told = withUnwritten(report(), unwritten)
    if (unwritten.length > 0) collectFailures([() => replaceReports(folder.path, events, told)])
    return told
  }
  return { recorder, folder, report, finish, close }
}

/**
 * Does all of the work, also after a failure, and returns what could not be written. Throws what is no failure to
 * write.
 */
function collectFailures(work: readonly (() => unknown)[]): string[] {
  return work.flatMap((write) => {
    try {
      write()
      return []
    } catch (error) {
      const expected = expectedError(error)
      if (expected === undefined) throw error
      return [expected.message]
    }
  })
}

/** The run with what came of its baseline, and that in sentences; a run that has not passed makes none. */
export function withBaseline(file: string | undefined, run: RunReport): { report: RunReport; told: string[] } {
  if (file === undefined) return { report: run, told: [] }
  if (run.verdict !== 'passed') return { report: run, told: ['no baseline was saved: the run has not passed'] }
  const measures = baselineMeasures(run)
  if (measures.length === 0) {
    const reason = 'It was not saved: the run measured nothing that could be compared, no failover, outage or loss.'
    return { report: withUnsaved(run, { file, reason }), told: [] }
  }
  const told = collectFailures([() => writeBaseline(file, { savedAt: run.startedAt, runs: [run.runId], measures })])
  return { report: withUnwritten(run, told), told }
}
