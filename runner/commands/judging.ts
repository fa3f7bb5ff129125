import path from 'node:path'
import { typed } from '../base/command-line.ts'
import { UsageError } from '../base/errors.ts'
import { EXIT, worstExit } from '../base/exit.ts'
import { isFolder, whyNotWritable } from '../base/folders.ts'
import { toldNight } from '../checks/nights/told.ts'
import { compareAll, DEFAULT_THRESHOLD } from '../checks/regression/compare.ts'
import { comparedTo } from '../checks/regression/measures.ts'
import { type Baseline, readBaseline } from '../record/baseline.ts'
import type { BaselineReport } from '../record/comparison.ts'
import type { EventBody } from '../record/events.ts'
import type { Night } from '../record/nights.ts'
import { exitCodeByMajority } from '../results/repeats.ts'
import type { RunReport } from '../results/report-model.ts'
import { exitCodeOfComparisons } from '../results/verdict.ts'
import type { Flags, ParsedLine } from './flags.ts'
import { wholeNumber } from './flags.ts'
import { type NightsBefore, windowOf } from './night/second-pass.ts'

export const MOST_REPEATS = 1000

export const auditFlag: Flags = {
  audit: { type: 'string', value: 'warn', help: 'findings of the audit are shown and change no verdict' },
}

export const judgingFlags: Flags = {
  ...auditFlag,
  repeat: {
    type: 'string',
    value: 'N',
    help: 'play each scenario N times: median, p95, range, and whether it is flaky',
  },
  'fail-on-flaky': {
    type: 'boolean',
    help: 'exit with 4 when repeats passed and failed, and most passed; without it, one that failed fails the run',
  },
  baseline: { type: 'string', value: 'FILE', help: 'compare with a baseline; a regression exits with 4' },
  threshold: { type: 'string', value: 'PERCENT', help: 'what is slower by less is no regression (default 10)' },
  'save-baseline': { type: 'string', value: 'FILE', help: 'make a baseline of this run, for later ones' },
}

/** How a run is judged beyond the verdicts of its scenarios. */
export interface Judging {
  repeat: number
  failOnFlaky: boolean
  /** Findings of the audit change no verdict. */
  auditWarnOnly: boolean
  /** Read before anything is played. */
  baseline?: { file: string; content: Baseline }
  /** Of a night: the nights before it, read before anything is played. */
  nights?: NightsBefore
  /** 0.1 is 10 %. */
  threshold: number
  saveBaseline?: string
}

/** Reads `judgingFlags`. Throws UsageError, and BaselineError for a file that is no baseline of this version. */
export function judgingOf(line: ParsedLine, fallback: { repeat: number } = { repeat: 1 }): Judging {
  const repeat = wholeNumber(line, 'repeat', fallback.repeat, { min: 1, max: MOST_REPEATS })
  const file = line.text('baseline')
  const saved = line.text('save-baseline')
  if (saved !== undefined && isFolder(saved)) {
    throw new UsageError(`--save-baseline takes the name of a file, and ${saved} is a folder`)
  }
  assertKeepable(line, 'save-baseline')
  if (line.on('fail-on-flaky') && repeat < 2) throw new UsageError('--fail-on-flaky needs --repeat N with N above 1')
  if (line.text('threshold') !== undefined && file === undefined)
    throw new UsageError('--threshold needs --baseline FILE')
  return {
    repeat,
    failOnFlaky: line.on('fail-on-flaky'),
    auditWarnOnly: auditWarnOnly(line),
    threshold: thresholdOf(line.text('threshold')),
    ...(file !== undefined && { baseline: { file, content: readBaseline(file) } }),
    ...(saved !== undefined && { saveBaseline: saved }),
  }
}

/** Throws UsageError if the file that a flag names cannot be written: told before anything is played. */
export function assertKeepable(line: ParsedLine, flag: 'baseline' | 'save-baseline'): void {
  const file = line.text(flag)
  const reason = file === undefined ? undefined : whyNotWritable(path.dirname(file))
  if (reason !== undefined) throw new UsageError(`--${flag} ${file} cannot be written: ${reason}`)
}

/** Whether `--audit warn` was given. Throws UsageError for another word. */
export function auditWarnOnly(line: ParsedLine): boolean {
  const word = line.text('audit')
  if (word === undefined || word === 'warn') return word === 'warn'
  throw new UsageError(`--audit takes \`warn\`, not \`${word}\`; without the flag every finding counts`)
}

/** A ratio of the percentage in `--threshold`, or the default. Throws UsageError. */
export function thresholdOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_THRESHOLD
  const percent = /^\d+(\.\d+)?%?$/.test(text) ? Number.parseFloat(text) : Number.NaN
  if (!(percent > 0 && percent <= 1000)) {
    throw new UsageError(`--threshold takes a percentage above 0, as 10 or 7.5, not \`${text}\``)
  }
  return percent / 100
}

/** Judges a whole run: whether its repeats agree, and how it stands beside the baseline, which it records. */
export function concluder(
  judging: Judging,
  report: () => RunReport,
  record: (event: EventBody) => unknown,
): (exitCode: number) => number {
  return (exitCode) => {
    if (exitCode === EXIT.interrupted || exitCode === EXIT.bug) return exitCode
    const run = report()
    const own = judging.failOnFlaky ? exitCodeByMajority(run) : exitCode
    if (judging.nights !== undefined) return worstExit(own, judgeNight(judging.nights, judging.threshold, run, record))
    if (judging.baseline === undefined) return own
    const { file, content } = judging.baseline
    const comparisons = compareAll(comparedTo(content, run), { threshold: judging.threshold })
    record({ type: 'baseline-compared', file, savedAt: content.savedAt, comparisons })
    return worstExit(own, exitCodeOfComparisons(comparisons))
  }
}

/** Records how a night stands beside those before it. Returns what that says of the exit code. */
function judgeNight(
  { file, before, part }: NightsBefore,
  threshold: number,
  run: RunReport,
  record: (event: EventBody) => unknown,
): number {
  if (part !== undefined) {
    const nights = { before: before.length, summary: leftToWhole(part), flaky: [], part: { threshold } }
    record({ type: 'baseline-compared', file, savedAt: before.at(-1)?.startedAt ?? '', comparisons: [], nights })
    return EXIT.passed
  }
  const event = comparedNight(file, windowOf(before, run), threshold)
  record(event)
  return exitCodeOfNight(event)
}

function leftToWhole({ number, of }: { number: number; of: number }): string {
  const command = typed('report', [], ['--merge FOLDER…'])
  return `Part ${number} of ${of} of a night: whether anything is slower is judged of the whole, by ${command}.`
}

/** How the last of these nights stands beside the others, as an event. `file`: where they are kept, as it is shown. */
export function comparedNight(
  file: string,
  nights: readonly Night[],
  threshold: number,
): EventBody & { type: 'baseline-compared' } {
  const told = toldNight(nights, threshold)
  return { type: 'baseline-compared', file, savedAt: nights.at(-2)?.startedAt ?? '', ...told }
}

export function exitCodeOfNight({ comparisons }: Pick<BaselineReport, 'comparisons'>): number {
  return comparisons.some(({ verdict }) => verdict === 'regressed') ? EXIT.regressed : EXIT.passed
}
