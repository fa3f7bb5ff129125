import path from 'node:path'
import { SurroundingsError } from '../base/surroundings.ts'
import { PlatformError } from '../platforms/errors.ts'
import type { Platform, Progress } from '../platforms/platform.ts'
import { unmetByClient } from '../scenario/client-choice.ts'
import type { Scenario } from '../scenario/model.ts'
import { unmetRequirement } from '../scenario/requires.ts'
import { assertInstalled, ClientMissing } from '../workload/drivers/installed.ts'
import { type Place, recordStart } from './announce.ts'
import { assertAppPorts } from './applications.ts'
import { prepareOthers } from './other-servers.ts'
import type { Play } from './play.ts'
import { playScenario } from './play-scenario.ts'
import { assertRoom } from './room.ts'
import type { RunSettings } from './run-settings.ts'
import { resultOfError, resultOfExpected, type ScenarioResult } from './scenario-result.ts'
import type { Ground } from './side-by-side/ground.ts'

/** Makes the server of each platform ready when it is first needed, once for all lanes. */
export class Preparations {
  readonly #onBug: (error: unknown) => void
  readonly #first = new Map<Platform, Promise<string | ScenarioResult>>()
  readonly #own = new Map<Platform, Promise<string | ScenarioResult>>()

  constructor(onBug: (error: unknown) => void) {
    this.#onBug = onBug
  }

  /** The server in words, or why no scenario can be played. `asked`: the platform of the play, which `own` stands for. */
  async of(asked: Platform, own: Platform, settings: PrepareSettings): Promise<string | ScenarioResult> {
    const { recorder } = settings
    const known = this.#first.get(asked)
    const first = known ?? this.#prepare(own, settings, (text) => recorder.record({ type: 'progress', text }))
    if (known === undefined) {
      this.#first.set(asked, first)
      this.#own.set(own, first)
    }
    const found = await first
    if (typeof found !== 'string') return found
    // Another lane's has nothing to say: what it needs is there by then.
    const ready = this.#own.get(own) ?? this.#prepare(own, settings, () => undefined)
    this.#own.set(own, ready)
    return await ready
  }

  async #prepare(
    platform: Platform,
    { interrupted }: PrepareSettings,
    progress: Progress,
  ): Promise<string | ScenarioResult> {
    try {
      progress(await platform.probe())
      return await platform.prepare(progress, interrupted)
    } catch (error) {
      if (interrupted.aborted)
        return { verdict: 'interrupted', reason: String(interrupted.reason?.message ?? 'interrupted') }
      return resultOfError(error, this.#onBug)
    }
  }
}

type PrepareSettings = Pick<RunSettings, 'recorder' | 'interrupted'>

/** Plays one of the plays of a run on the ground of its lane, or records why not. */
export async function playOne(
  { scenario, platform, repeat }: Play,
  { index, lane, count }: { index: number; lane: number | undefined; count: number },
  settings: Omit<RunSettings, 'platform'>,
  { ground, preparations, onBug }: { ground: Ground; preparations: Preparations; onBug: (error: unknown) => void },
): Promise<ScenarioResult> {
  const bare = {
    ...{ index, server: platform.server },
    ...(lane !== undefined && { lane }),
    ...(repeat && { repeat }),
  }
  const unwanted = settings.beforePlay?.(index)
  if (unwanted !== undefined) {
    return recordUnplayed(scenario, bare, { ...settings, platform }, { verdict: 'skipped', reason: unwanted })
  }
  let own: RunSettings = { ...settings, platform }
  try {
    own = { ...settings, platform: await ground.platformFor(platform) }
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    return recordUnplayed(scenario, bare, own, resultOfExpected(error))
  }
  const server = await preparations.of(platform, own.platform, settings)
  if (typeof server !== 'string') return recordUnplayed(scenario, bare, own, server)
  return await playOrSkip(scenario, placeOf(scenario, { ...bare, server }, count, own), own, onBug)
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

async function playOrSkip(
  scenario: Scenario,
  place: PlaceOnDisk,
  settings: RunSettings,
  onBug: (error: unknown) => void,
): Promise<ScenarioResult> {
  const here = { platform: settings.platform.kind, server: place.server }
  const unmet = unmetRequirement(scenario.requires, here) ?? unmetByClient(scenario)
  if (unmet !== undefined) return recordUnplayed(scenario, place, settings, { verdict: 'skipped', reason: unmet })
  try {
    assertRoom(scenario, settings.platform.kind)
    const missing = await missingCapability(scenario, settings)
    if (missing !== undefined) return recordUnplayed(scenario, place, settings, { verdict: 'skipped', reason: missing })
    const progress: Progress = (text) => settings.recorder.record({ type: 'progress', text })
    await assertClients(scenario)
    await assertAppPorts(scenario, settings)
    await prepareOthers(scenario, settings.platform, progress, settings.interrupted)
  } catch (error) {
    if (!(error instanceof PlatformError || error instanceof SurroundingsError || error instanceof ClientMissing))
      throw error
    return recordUnplayed(scenario, place, settings, resultOfExpected(error))
  }
  return await playScenario(scenario, place, settings, onBug)
}

/** Throws ClientMissing if a workload goes through a client that is not on this machine. */
async function assertClients({ workloads }: Scenario): Promise<void> {
  const names = new Set(workloads.flatMap(({ options }) => options.driver?.name ?? []))
  for (const name of names) await assertInstalled(name)
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
