import path from 'node:path'
import { EXIT } from '../base/exit.ts'
import { SurroundingsError } from '../base/surroundings.ts'
import { PlatformError } from '../platforms/errors.ts'
import type { Platform, Progress } from '../platforms/platform.ts'
import { EVENTS_VERSION, type RunEvent, type RunVerdict, type ScenarioVerdict } from '../record/events.ts'
import { exitCodeOf, verdictOfRun } from '../results/verdict.ts'
import type { Scenario } from '../scenario/model.ts'
import { unmetRequirement } from '../scenario/requires.ts'
import { type Place, recordStart } from './announce.ts'
import { prepareOthers } from './other-servers.ts'
import { playScenario } from './play-scenario.ts'
import { assertRoom } from './room.ts'
import type { RunSettings } from './run-settings.ts'
import { resultOfError, resultOfExpected, type ScenarioResult } from './scenario-result.ts'

export interface RunResult {
  verdict: RunVerdict
  exitCode: number
  /** Bugs of the runner met on the way. */
  bugs: unknown[]
}

/** A scenario and what it is played on. */
export interface Play {
  scenario: Scenario
  platform: Platform
  repeat?: { number: number; of: number }
  /** Random choices are drawn from it; absent: from the run's. */
  seed?: number
}

/**
 * Plays scenarios one after another and records the run from its first event to its last. Never throws for what they
 * do.
 */
export async function playRun(
  plays: readonly Play[],
  settings: Omit<RunSettings, 'platform' | 'events'>,
): Promise<RunResult> {
  const { clock, recorder } = settings
  const startMs = clock.nowMs()
  const events: RunEvent[] = []
  recorder.subscribe((event) => events.push(event))
  const bugs: unknown[] = []
  const verdicts: ScenarioVerdict[] = []
  recorder.record({
    type: 'run-started',
    version: EVENTS_VERSION,
    name: settings.name,
    runId: settings.runId,
    startedAt: new Date(clock.wallMs()).toISOString(),
    seed: settings.seed,
    command: settings.command,
    scenarios: plays.length,
    ...(settings.environment && { environment: settings.environment }),
    ...(settings.allowed.size > 0 && { allowed: [...settings.allowed] }),
  })
  for (const text of settings.notes) recorder.record({ type: 'progress', text })
  const onBug = (error: unknown) => {
    bugs.push(error)
  }
  const prepared = new Map<Platform, string | ScenarioResult>()
  for (const [index, { scenario, platform, repeat, seed = settings.seed }] of plays.entries()) {
    if (settings.interrupted.aborted) break
    const own = { ...settings, platform, events, seed }
    const unwanted = settings.beforePlay?.(index)
    if (unwanted !== undefined) {
      const place = { index, server: platform.server, ...(repeat && { repeat }) }
      verdicts.push(recordUnplayed(scenario, place, own, { verdict: 'skipped', reason: unwanted }).verdict)
      continue
    }
    const server = prepared.get(platform) ?? (await prepare(own, onBug))
    prepared.set(platform, server)
    const words = typeof server === 'string' ? server : platform.server
    const place = placeOf(scenario, { index, server: words, ...(repeat && { repeat }) }, plays.length, own)
    const result =
      typeof server === 'string'
        ? await playOrSkip(scenario, place, own, onBug)
        : recordUnplayed(scenario, place, own, server)
    verdicts.push(result.verdict)
  }
  const verdict = settings.interrupted.aborted ? 'interrupted' : verdictOfRun(verdicts)
  const exitCode = concluded(bugs.length > 0 ? EXIT.bug : exitCodeOf(verdict), settings, onBug)
  recorder.record({
    type: 'run-ended',
    verdict,
    exitCode,
    durationMs: clock.nowMs() - startMs,
    folder: settings.folder.path,
  })
  return { verdict, exitCode, bugs }
}

function concluded(
  exitCode: number,
  { conclude }: Pick<RunSettings, 'conclude'>,
  onBug: (error: unknown) => void,
): number {
  try {
    return conclude?.(exitCode) ?? exitCode
  } catch (error) {
    onBug(error)
    return EXIT.bug
  }
}

interface PlaceOnDisk extends Place {
  logFolder: string
  historyFolder: string
  runId: string
}

function placeOf(scenario: Scenario, place: Place, count: number, settings: RunSettings): PlaceOnDisk {
  const { nodesFolder, historyFolder } = settings.folder
  const own = (folder: string) => (count === 1 ? folder : path.join(folder, `${place.index + 1}-${scenario.id}`))
  return {
    ...place,
    logFolder: own(nodesFolder),
    historyFolder: own(historyFolder),
    runId: settings.runId,
  }
}

/** The server in words, or why no scenario can be played. */
async function prepare(settings: RunSettings, onBug: (error: unknown) => void): Promise<string | ScenarioResult> {
  const { platform, recorder, interrupted } = settings
  try {
    recorder.record({ type: 'progress', text: await platform.probe() })
    return await platform.prepare((text) => recorder.record({ type: 'progress', text }), interrupted)
  } catch (error) {
    if (interrupted.aborted)
      return { verdict: 'interrupted', reason: String(interrupted.reason?.message ?? 'interrupted') }
    return resultOfError(error, onBug)
  }
}

async function playOrSkip(
  scenario: Scenario,
  place: PlaceOnDisk,
  settings: RunSettings,
  onBug: (error: unknown) => void,
): Promise<ScenarioResult> {
  const unmet = unmetRequirement(scenario.requires, {
    platform: settings.platform.kind,
    server: place.server,
  })
  if (unmet !== undefined) return recordUnplayed(scenario, place, settings, { verdict: 'skipped', reason: unmet })
  try {
    assertRoom(scenario, settings.platform.kind)
    const missing = await missingCapability(scenario, settings)
    if (missing !== undefined) return recordUnplayed(scenario, place, settings, { verdict: 'skipped', reason: missing })
    const progress: Progress = (text) => settings.recorder.record({ type: 'progress', text })
    await prepareOthers(scenario, settings.platform, progress, settings.interrupted)
  } catch (error) {
    if (!(error instanceof PlatformError || error instanceof SurroundingsError)) throw error
    return recordUnplayed(scenario, place, settings, resultOfExpected(error))
  }
  return await playScenario(scenario, place, settings, onBug)
}

/** Why a fault that the scenario requires cannot be brought about here, in a sentence; undefined if all can. */
export async function missingCapability(
  scenario: Scenario,
  { platform, interrupted }: Pick<RunSettings, 'platform' | 'interrupted'>,
): Promise<string | undefined> {
  const wanted = scenario.requires?.can ?? []
  if (wanted.length === 0) return undefined
  const support = await platform.faultSupport(interrupted)
  const missing = wanted.flatMap((name) => {
    const found = support.find(({ capability }) => capability === name)
    return found?.supported ? [] : [`${name} (${found?.how ?? `platform ${platform.kind} knows no way`})`]
  })
  return missing.length === 0 ? undefined : `it needs what cannot be done here: ${missing.join('; ')}`
}

function recordUnplayed(
  scenario: Scenario,
  place: Place,
  settings: RunSettings,
  result: ScenarioResult,
): ScenarioResult {
  recordStart(scenario, place, settings)
  settings.recorder.record({
    type: 'scenario-ended',
    scenario: place.index,
    ...result,
    durationMs: 0,
    setupMs: 0,
    cleanupMs: 0,
  })
  return result
}
