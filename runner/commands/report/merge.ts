import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { systemClock } from '../../base/clock.ts'
import { UsageError } from '../../base/errors.ts'
import { isFolder } from '../../base/folders.ts'
import { replaceFile } from '../../base/plain-file.ts'
import { plural } from '../../base/text.ts'
import { readEvents } from '../../record/event-log.ts'
import type { EventOf, RunEvent } from '../../record/events.ts'
import type { Night } from '../../record/nights.ts'
import { isInside, placeInside } from '../../record/run-files.ts'
import { createRunFolder } from '../../record/run-folder.ts'
import { putTrends } from '../../record/trends.ts'
import { writeReports } from '../../report/write-reports.ts'
import { mergeRuns, nameOfWhole } from '../../results/merge-runs.ts'
import type { RunReport } from '../../results/report-model.ts'
import { trendLines } from '../../results/trend-lines.ts'
import { nightsIn } from '../night/kept-nights.ts'
import { thresholdOfParts, type WholeNight, wholeNight } from '../night/merged-night.ts'
import { newRunId } from '../play.ts'
import { shown } from '../project.ts'
import { commandOfAll } from './again.ts'

/** How far below a folder runs are looked for: the artefacts of a matrix, each with its reports. */
const DEEPEST = 3
const RECORD = 'events.jsonl'

interface Part {
  folder: string
  events: readonly RunEvent[]
  started: EventOf<'run-started'>
}

/**
 * Makes one run of several in `reports`: its record, its logs and histories, all reports, and its lines of the trends.
 * `words` are runs, or folders with runs below them. Parts of a night are judged as a whole, beside the nights in
 * `baseline`, and are to be kept there. Returns what it came to, what the runs no longer have, and the night to be kept. Throws UsageError where there is no run, or the same is there twice, and BaselineError.
 */
export function mergedRun(
  words: readonly string[],
  { reports, baseline }: { reports: string; baseline: string | undefined },
): { run: RunReport; lacking: string[]; kept?: { file: string; night: Night } } {
  const parts = partsIn(words)
  const threshold = thresholdOfParts(parts)
  assertEachOnce(parts)
  if (threshold === undefined && baseline !== undefined)
    throw new UsageError('--baseline is for the parts of a night (nightly --shard I/N), and there is none of one')
  const file = baseline ?? path.join(reports, 'baseline.json')
  const nights = threshold === undefined ? [] : nightsIn(file)
  const name = nameOfWhole(parts.map(({ started }) => started))
  const place = shown(path.resolve(reports))
  const folder = createRunFolder(place, name, systemClock.wallMs())
  const command = commandOfAll(parts.flatMap(({ started }) => (started.scenarios > 0 ? started.command : [])))
  const merged = mergeRuns(
    parts.map((part) => part.events),
    { runId: newRunId(systemClock.wallMs()), command, folder: folder.path },
  )
  const { events, kept }: WholeNight =
    threshold === undefined ? merged : wholeNight(merged, { file, kept: nights, threshold })
  const { files } = merged
  const lacking = files.flatMap(({ part, from, to }) => copied(parts[part]?.folder ?? '', from, folder.path, to))
  replaceFile(folder.eventsFile, events.map((event) => `${JSON.stringify(event)}\n`).join(''))
  const run = writeReports(folder.path, events)
  // Merging again adds nothing; nor does it where the parts wrote into the same file.
  putTrends(place, trendLines(run))
  return { run, lacking, ...(kept && { kept: { file, night: kept } }) }
}

/** In the order of their parts, or else of their folders. */
function partsIn(words: readonly string[]): Part[] {
  const folders = [...new Set(words.flatMap(runsIn))]
  const parts = folders.map((folder) => {
    const events = readEvents(path.join(folder, RECORD))
    const started = events.find((event) => event.type === 'run-started')
    if (started === undefined) throw new UsageError(`${shown(folder)} holds no start of a run`)
    return { folder, events, started }
  })
  const own = withoutDoubles(parts)
  return own.sort((a, b) => (a.started.shard?.number ?? 0) - (b.started.shard?.number ?? 0))
}

/**
 * A merge of before may lie beside all that it was made from, and is left out then; else it is a run like others. Throws
 * UsageError where two hold the same run.
 */
function withoutDoubles(parts: readonly Part[]): Part[] {
  const own = parts.filter((part) => !isMadeOfOthers(part, parts))
  for (const [place, part] of own.entries()) {
    const other = own.slice(0, place).find((one) => leavesOf(one).some((runId) => leavesOf(part).includes(runId)))
    if (other === undefined) continue
    const both = `${shown(other.folder)} and ${shown(part.folder)}`
    const isSame = [other, part].every(({ started }) => started.merged === undefined)
    throw new UsageError(
      `--merge: ${both} ${isSame ? 'are the same run: name it once' : 'hold the same run: name one'}`,
    )
  }
  return own
}

function isMadeOfOthers(part: Part, parts: readonly Part[]): boolean {
  const leaves = leavesOf(part)
  const others = parts.map(leavesOf).filter((their) => their.length < leaves.length)
  return part.started.merged !== undefined && leaves.every((runId) => others.some((their) => their.includes(runId)))
}

/** Ids of the runs that were played: its own, or those that it was made from. */
function leavesOf({ started }: Part): readonly string[] {
  return started.merged ?? [started.runId]
}

/** Of a division, each part counts once. Throws UsageError. */
function assertEachOnce(parts: readonly Part[]): void {
  const places = new Map<string, Part>()
  for (const part of parts) {
    const { shard } = part.started
    if (shard === undefined) continue
    const key = JSON.stringify([shard.plan, shard.number])
    const other = places.get(key)
    places.set(key, part)
    if (other === undefined) continue
    const which = `part ${shard.number} of ${shard.of}${shard.on === undefined ? '' : ` on ${shard.on}`}`
    const where = `${shown(other.folder)} and in ${shown(part.folder)}`
    throw new UsageError(`--merge: ${which} was played twice, in ${where}: name one of them`)
  }
}

/** The folders of runs that a word names. Links are not followed: `latest` leads to a run that is there by its name. */
function runsIn(word: string): string[] {
  if (!isFolder(word)) throw new UsageError(`--merge ${word}: there is no such folder`)
  const found = recordsBelow(word, DEEPEST)
  if (found.length === 0)
    throw new UsageError(`--merge ${word}: there is no run in it; a run is a folder with ${RECORD}`)
  return found
}

function recordsBelow(folder: string, depth: number): string[] {
  if (existsSync(path.join(folder, RECORD))) return [folder]
  if (depth === 0) return []
  const below = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return below
    .map((entry) => entry.name)
    .sort()
    .flatMap((name) => recordsBelow(path.join(folder, name), depth - 1))
}

/** A file of a run, as a file of the whole. Returns what is to be said of one that is not there. */
function copied(from: string, file: string, to: string, as: string): string[] {
  if (!isInside(from, file)) return [`${shown(path.join(from, file))} is missing`]
  const place = placeInside(to, as)
  mkdirSync(path.dirname(place), { recursive: true })
  copyFileSync(placeInside(from, file), place)
  return []
}

/** In one line: what was put together. */
export function mergedText({ environment, scenarios }: RunReport): string {
  return `merged ${environment?.['merged from'] ?? 'several runs'}: ${plural(scenarios.length, 'scenario')}`
}
