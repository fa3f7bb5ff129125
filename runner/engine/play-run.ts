import { EXIT } from '../base/exit.ts'
import { PlatformError } from '../platforms/errors.ts'
import type { Recorder } from '../record/event-log.ts'
import { EVENTS_VERSION, type RunEvent, type RunVerdict, type ScenarioVerdict } from '../record/events.ts'
import { exitCodeOf, verdictOfRun } from '../results/verdict.ts'
import type { Play } from './play.ts'
import { Preparations, playOne } from './play-one.ts'
import type { RunSettings } from './run-settings.ts'
import { shapeOfServers } from './set-up.ts'
import { type Ground, plainGround } from './side-by-side/ground.ts'
import { fixedPace, type Pace } from './side-by-side/pace.ts'
import { playOnLanes } from './side-by-side/play-lanes.ts'
import { PlayQueue } from './side-by-side/play-queue.ts'

export interface RunResult {
  verdict: RunVerdict
  exitCode: number
  /** Bugs of the runner met on the way. */
  bugs: unknown[]
}

/** With what a run is played. */
export interface PlayRunSettings extends Omit<RunSettings, 'platform' | 'events'> {
  /** Asked once all has been played: what is to be played after it. */
  further?: () => readonly Play[]
}

/** How plays of one run are spread: without it they are played one after another, each on servers of its own. */
export interface SideBySide {
  pace: Pace
  /** Plays begin in their order; else those first that servers fit which are there. */
  inOrder?: boolean
  /** The ground of a lane, counted from 1. Throws PlatformError if there is no place for it. */
  openGround(lane: number): Promise<Ground>
}

/**
 * Plays scenarios, one after another or side by side, and records the run from its first event to its last. Never throws
 * for what they do.
 */
export async function playRun(
  plays: readonly Play[],
  settings: PlayRunSettings,
  sideBySide: SideBySide = { pace: fixedPace(1), openGround: async () => plainGround(settings) },
): Promise<RunResult> {
  const { clock, recorder, interrupted } = settings
  const startMs = clock.nowMs()
  const events: RunEvent[] = []
  recorder.subscribe((event) => events.push(event))
  const bugs: unknown[] = []
  const verdicts: ScenarioVerdict[] = []
  const { pace } = sideBySide
  recorder.record({
    type: 'run-started',
    version: EVENTS_VERSION,
    name: settings.name,
    runId: settings.runId,
    startedAt: new Date(clock.wallMs()).toISOString(),
    seed: settings.seed,
    command: settings.command,
    scenarios: plays.length,
    ...(pace.most > 1 && { lanes: pace.most }),
    ...(settings.environment && { environment: settings.environment }),
    ...(settings.allowed.size > 0 && { allowed: [...settings.allowed] }),
    ...(settings.shard && { shard: settings.shard }),
  })
  for (const text of settings.notes) recorder.record({ type: 'progress', text })
  const onBug = (error: unknown) => {
    bugs.push(error)
  }
  const shapeOf = (play: Play) => shapeOfServers(play.scenario, settings)
  const preparations = new Preparations(onBug)
  const told = new Set<string>()
  const playAll = (own: readonly Play[], from: number) =>
    playOnLanes({
      queue: new PlayQueue(own, shapeOf, { from, inOrder: sideBySide.inOrder === true || pace.most === 1 }),
      pace,
      shapeOf,
      isOver: () => interrupted.aborted,
      openGround: (lane) => groundOf(lane, sideBySide, settings, told),
      playOn: async (ground, { index, play }, lane) => {
        const { runId, portBase, namePrefix } = ground
        const setting = { ...settings, runId, portBase, namePrefix, events, seed: play.seed ?? settings.seed }
        const place = { index, lane: pace.most > 1 ? lane : undefined, count: from + own.length }
        const { verdict } = await playOne(play, place, setting, { ground, preparations, onBug })
        verdicts.push(verdict)
      },
      endGround: async (ground) => {
        if (!(await endGround(ground, plays, recorder))) verdicts.push('error')
      },
    })
  await playAll(plays, 0)
  const more = interrupted.aborted ? [] : furtherPlays(settings, onBug)
  if (more.length > 0) await playAll(more, plays.length)
  const verdict = interrupted.aborted ? 'interrupted' : verdictOfRun(verdicts)
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

/** Without a place for one more lane, those that there are play on; without any there is no run. Each reason is told once. */
async function groundOf(
  lane: number,
  { openGround }: SideBySide,
  { recorder }: Pick<RunSettings, 'recorder'>,
  told: Set<string>,
): Promise<Ground | undefined> {
  try {
    return await openGround(lane)
  } catch (error) {
    if (lane === 1 || !(error instanceof PlatformError)) throw error
    const text = `fewer scenarios are played side by side: ${error.message}`
    if (!told.has(text)) recorder.record({ type: 'warning', text })
    told.add(text)
    return undefined
  }
}

/** Whether all servers that a lane had are gone; if not, how to remove them is told. */
async function endGround(ground: Ground, plays: readonly Play[], recorder: Recorder): Promise<boolean> {
  try {
    await ground.end()
    return true
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    const commands = new Set(plays.map(({ platform }) => platform.removalCommand(ground.runId)))
    const text = `the servers could not be removed: ${error.message}; remove what is left with: ${[...commands].join('; ')}`
    recorder.record({ type: 'warning', text })
    return false
  }
}

function furtherPlays({ further }: Pick<PlayRunSettings, 'further'>, onBug: (error: unknown) => void): readonly Play[] {
  try {
    return further?.() ?? []
  } catch (error) {
    onBug(error)
    return []
  }
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
