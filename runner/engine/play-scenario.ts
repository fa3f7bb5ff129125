import { formatDuration } from '../base/duration.ts'
import { messageOf } from '../base/errors.ts'
import type { LiveCluster } from '../cluster/live-cluster.ts'
import type { Journal } from '../faults/journal.ts'
import { PlatformError } from '../platforms/errors.ts'
import type { Progress, ServerGroup } from '../platforms/platform.ts'
import type { CheckOutcome } from '../record/check-outcome.ts'
import type { Scenario } from '../scenario/model.ts'
import { Names } from '../steps/names.ts'
import { type Place, recordReady, recordStart, recordStrangers } from './announce.ts'
import { Applications } from './applications.ts'
import { AsPlayed } from './as-played.ts'
import { Audit } from './audit.ts'
import { BackgroundLoad } from './background-load.ts'
import { endMigrations } from './end-migrations.ts'
import { FailoverWatch } from './failover-watch.ts'
import { FailurePause } from './failure-pause.ts'
import { openBoard, openJournal } from './fault-record.ts'
import { healAll } from './heal-all.ts'
import { watchPlatform } from './heartbeat.ts'
import { hindsightOf } from './hindsight.ts'
import { audited, clientsSummed, doubtIfPlatformDied, foreseen, judged } from './judge-result.ts'
import { LentGroup } from './lent-group.ts'
import { LookbackBook } from './lookback.ts'
import { keepLogs, NodeLogs } from './node-logs.ts'
import { RefusedCopies } from './refused-copies.ts'
import type { RunSettings } from './run-settings.ts'
import { resultOfError, resultOfSteps, type ScenarioResult, worseOf } from './scenario-result.ts'
import { serverAdder } from './server-adder.ts'
import { configOf, setUp } from './set-up.ts'
import type { Stage } from './stage.ts'
import { stageOf } from './stage-of-scenario.ts'
import { StallWatch } from './stall-watch.ts'
import { DeadlinePassed, type Played, playList } from './step-player.ts'
import { Stepping } from './stepping.ts'
import { Strangers } from './strangers.ts'
import { isDecided, ofTwin } from './twin-result.ts'
import { wantedBy } from './wanted-marks.ts'

/**
 * How long the `finally` steps may go on once the run is interrupted or its platform has died, ms: a Ctrl-C must end
 * within 15 s.
 */
const FINALLY_WHEN_CUT_SHORT_MS = 4000

/**
 * Plays one scenario from nothing to nothing: sets its cluster up, plays its steps and its `finally` steps, and removes
 * what it made, whatever happens in between. Never throws for what a scenario or its environment does.
 */
export async function playScenario(
  scenario: Scenario,
  place: Place & { logFolder: string; historyFolder: string; runId: string },
  settings: RunSettings,
  onBug: (error: unknown) => void,
): Promise<ScenarioResult> {
  const { clock, platform, recorder } = settings
  const startMs = clock.nowMs()
  recordStart(scenario, place, settings)
  const logs = new NodeLogs((text) => recorder.hide(text))
  const died = new AbortController()
  const signal = AbortSignal.any([settings.interrupted, died.signal])
  const stopWatching = watchPlatform(platform, clock, (error) => died.abort(error))
  const stalls = new StallWatch({ recorder, clock, scenario: place.index })
  const strangers = new Strangers({ recorder, clock, scenario: place.index })
  const played = new AsPlayed(scenario, settings)
  const audit = new Audit({
    ...{ recorder, clock, scenario: place.index, config: configOf(scenario, settings) },
    ...{ pardons: scenario.audit, warnOnly: settings.auditWarnOnly === true },
  })
  const made: { cluster?: LiveCluster; servers?: ServerGroup; watch?: FailoverWatch } = {}
  const endWatching = async () => {
    made.watch?.stop()
    strangers.end()
    await stalls.stop()
  }
  const apps = new Applications(scenario, place, settings)
  const pause = new FailurePause(settings, {
    scenario: place.index,
    freeze: async () => {
      await endWatching()
      apps.endWatching()
      await audit.end(signal)
      audit.servers.stop()
    },
  })
  const ask = settings.operator?.beforeStep
  const stepping = ask && new Stepping(ask)
  const journal = openJournal(settings)
  let setupMs: number | undefined
  let result: ScenarioResult

  const load = BackgroundLoad.for(scenario, { ...place, startMs: clock.nowMs() }, settings, strangers)
  try {
    const serverOf = (node: string) => made.servers?.nodes.find(({ name }) => name === node)?.server ?? place.server
    const seen = { scenario: place.index, serverOf, servers: audit.servers, strangers }
    const watch = new FailoverWatch({ recorder, clock, ...seen })
    made.watch = watch
    const lookback = new LookbackBook(
      wantedBy([...scenario.steps, ...scenario.finally], new Names(scenario.params)),
      clock,
    )
    const refused = new RefusedCopies()
    const onServers = async (servers: ServerGroup) => {
      made.servers = servers
      audit.watch(servers)
      await logs.follow(servers, place.logFolder, (node, line) => {
        watch.readLine(node, line)
        audit.servers.readLine(node, line)
        lookback.readLine(node, line)
        refused.readLine(node, line)
      })
    }
    const progress: Progress = (text, more) =>
      recorder.record({ type: 'progress', scenario: place.index, text, ...more })
    const ready = await setUp(scenario, settings, place.runId, { progress, signal, onServers, strangers })
    made.cluster = ready.cluster
    setupMs = clock.nowMs() - startMs
    recordReady(scenario, place, settings, { setupMs, servers: ready.servers })
    watch.start(ready.cluster, scenario.cluster.topology)
    stalls.ask(ready.cluster)
    const servers = watch.watched(ready.servers)
    const faults = openBoard({ ...ready, servers }, place.index, journal, settings)
    const addServer = serverAdder(
      { ...ready, servers, logs, topology: scenario.cluster.topology, scenario: place.index },
      settings,
    )
    const hindsight = hindsightOf({ scenario: place.index, startMs, stalls }, settings)
    const stage = stageOf(
      scenario,
      place.index,
      settings,
      { ...ready, servers, faults, load, stepping, addServer, lookback, refused },
      hindsight,
      played,
      onBug,
    )
    await audit.start(ready.cluster, stage.names)
    await apps.start(ready.servers, signal)
    await load?.begin({ ...ready, apps }, signal)
    pause.open({ ...ready, logFolder: place.logFolder, faults })
    lookback.start()
    result = await playSteps(scenario, stage, signal, settings.interrupted, { load, pause })
    result = await healAll(result, stage, signal, settings)
    if (pause.taken) load?.tellUnread()
    else if (!signal.aborted && !isDecided(scenario, result)) await load?.readFinals(ready.cluster, signal)
    await apps.stop()
    if (result.verdict === 'passed') await audit.lookAtEnd(stage.datasets, signal)
    if (!pause.taken) result = await doubtIfPlatformDied(result, settings)
  } catch (error) {
    result = resultOfError(error, onBug)
  }
  setupMs ??= clock.nowMs() - startMs
  stopWatching()
  await endWatching()
  const cleanupStartMs = clock.nowMs()
  try {
    result = await endLoad(result, load)
    await apps.stop()
    await audit.end(signal)
    await pause.take(signal, () => foreseen(result, { scenario, index: place.index, audit }, settings))
    made.cluster?.close()
    result = await cleanUp(result, made.servers, journal, place, settings)
    if (made.servers) recordStrangers(made.servers.network, place, settings)
    await keepLogs(logs, place, settings)
    const yaml = played.render()
    recorder.record({ type: 'scenario-as-played', scenario: place.index, yaml, files: scenario.usedFiles })
  } catch (error) {
    result = worseOf(result, resultOfError(error, onBug))
  }
  const nowMs = clock.nowMs()
  const temper = (outcome: CheckOutcome) => stepping?.doubted(outcome) ?? outcome
  if (!isDecided(scenario, result)) {
    result = await judged(result, scenario, place.index, settings, onBug, temper)
    result = audited(result, audit, settings, onBug)
    result = clientsSummed(result, place.index, settings, onBug)
  }
  result = ofTwin(stepping?.doubt(result) ?? result, scenario, place.index, settings)
  const times = { durationMs: nowMs - startMs, setupMs, cleanupMs: nowMs - cleanupStartMs }
  recorder.record({ type: 'scenario-ended', scenario: place.index, ...result, ...times })
  return result
}

/**
 * Throws the platform's error if it died meanwhile: what was seen by then proves nothing. After a pause the verdict is
 * that of before.
 */
async function playSteps(
  scenario: Scenario,
  stage: Stage,
  signal: AbortSignal,
  interrupted: AbortSignal,
  { load, pause }: { load: BackgroundLoad | undefined; pause: FailurePause },
): Promise<ScenarioResult> {
  const main = await playList(scenario.steps, stage, signal)
  const isFailed = main.some(({ outcome }) => outcome.verdict === 'failed' || outcome.verdict === 'error')
  if (!signal.aborted && !isFailed) await load?.outlastOutages(signal)
  if (!signal.aborted) await load?.stop()
  const ofSteps = resultOfSteps(main, signal)
  await pause.take(signal, () => ofSteps)
  const final = await playFinally(scenario, stage, signal)
  const moved = await endMigrations(ofSteps, stage, signal)
  if (pause.taken) return ofSteps
  if (signal.aborted && !interrupted.aborted) throw signal.reason
  return worseOf(resultOfSteps([...main, ...final], signal), moved)
}

/**
 * Plays the `finally` steps to the last, whatever becomes of each; once the run is cut short, as far as time allows.
 */
async function playFinally(scenario: Scenario, stage: Stage, signal: AbortSignal): Promise<Played[]> {
  const hurried = new AbortController()
  const late = new DeadlinePassed(`did not end within ${formatDuration(FINALLY_WHEN_CUT_SHORT_MS)} of the interruption`)
  let timer: NodeJS.Timeout | undefined
  const hurry = () => {
    timer ??= setTimeout(() => hurried.abort(late), FINALLY_WHEN_CUT_SHORT_MS)
  }
  if (signal.aborted) hurry()
  signal.addEventListener('abort', hurry, { once: true })
  try {
    return await playList(scenario.finally, stage, hurried.signal, { continueOnFailure: true })
  } finally {
    signal.removeEventListener('abort', hurry)
    clearTimeout(timer)
  }
}

/** A history that could not be written makes a pass worthless. */
async function endLoad(result: ScenarioResult, load: BackgroundLoad | undefined): Promise<ScenarioResult> {
  const [problem] = (await load?.close()) ?? []
  return problem === undefined ? result : worseOf(result, { verdict: 'error', reason: problem })
}

/** Removes what was made. What could not be removed is always told, and no verdict hides it. */
async function cleanUp(
  result: ScenarioResult,
  servers: ServerGroup | undefined,
  journal: Journal,
  place: { index: number },
  settings: RunSettings,
): Promise<ScenarioResult> {
  const keep = settings.keep && !settings.interrupted.aborted
  if (keep || !servers) return result
  const text = servers instanceof LentGroup ? 'leaving the servers to the next play' : 'removing the servers'
  settings.recorder.record({ type: 'progress', scenario: place.index, text })
  try {
    await servers.remove()
    journal.remove()
    return result
  } catch (error) {
    const command = settings.platform.removalCommand(servers.runId)
    const reason = `the servers could not be removed: ${messageOf(error)}`
    const hint = `remove what is left with: ${command}`
    settings.recorder.record({ type: 'warning', scenario: place.index, text: `${reason}; ${hint}` })
    if (!(error instanceof PlatformError)) throw error
    if (result.verdict === 'interrupted') return { ...result, reason: `${result.reason}; ${reason}`, hint }
    return worseOf(result, { verdict: 'error', reason, hint })
  }
}
