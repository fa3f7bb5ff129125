import { randomBytes, randomInt } from 'node:crypto'
import { arch, cpus, release, totalmem, type } from 'node:os'
import { systemClock } from '../base/clock.ts'
import { typed } from '../base/command-line.ts'
import { worstExit } from '../base/exit.ts'
import { HeldClock } from '../base/held-clock.ts'
import { MAX_SEED } from '../base/random.ts'
import { quoted } from '../base/shell-words.ts'
import { Interrupted } from '../engine/interrupt.ts'
import { playRun } from '../engine/play-run.ts'
import type { Warm } from '../engine/warm-platform.ts'
import { PlatformError } from '../platforms/errors.ts'
import type { Platform, ServerGroup } from '../platforms/platform.ts'
import { redactor, secretsAmong } from '../record/redact.ts'
import type { RunReport } from '../results/report-model.ts'
import { UNNAMED_SUITE } from '../results/trend-lines.ts'
import type { Scenario } from '../scenario/model.ts'
import { verbByName } from '../steps/index.ts'
import { expectedOf, Pace, type Pacing } from './choosing/pace.ts'
import { playsOf } from './choosing/plays.ts'
import { talkTo } from './cluster/talk-to.ts'
import type { ClusterSettings } from './cluster-flags.ts'
import type { CommandContext } from './command.ts'
import { concluder, type Judging } from './judging.ts'
import { furtherPlays } from './night/second-pass.ts'
import { markAtWork } from './open/at-work.ts'
import { openPlatforms, type PlatformChoice } from './open-platform.ts'
import { haveGuestImages, openPlatformsFor } from './play/guest-images.ts'
import { LaneGrounds, type Lanes, laneRunIds, paceOf } from './play/lanes.ts'
import { openRecord, partName, withBaseline } from './play/run-record.ts'
import type { Playing } from './playing.ts'
import { reportsFolder } from './project.ts'
import { operatorFor } from './terminal/operator.ts'
import { Watchdog } from './watchdog/watchdog.ts'

const GIBIBYTE = 2 ** 30

/** Flags that go with the command that plays the same again, whatever the command. */
export const PLAY_FLAGS = [
  'scenarios',
  'stock',
  'no-stock',
  'allow',
  'password',
  'platform',
  'server',
  'port-base',
  'name-prefix',
  'reports',
  'repeat',
  'parallel',
  'baseline',
  'threshold',
  'audit',
]

/** What a run was asked for on the command line. */
export interface RunRequest {
  /** Of the run; if not given, the scenario's, or `suite` for several. */
  name?: string
  settings: ClusterSettings
  choice: PlatformChoice
  /** Absent: a scenario's own, else drawn. */
  seed: number | undefined
  keep: boolean
  /** The folder in which the run's folder is made. */
  reports: string
  judging: Judging
  /** In which order, and until when; absent: in theirs, and all. */
  pacing?: Pacing
  /** What whoever sits in front of it is asked. */
  playing?: Pick<Playing, 'pauseOnFailure' | 'step'>
  /** Servers that stay up from play to play, which somebody else watches over and removes. */
  warm?: Warm
  /** Told where to say what happens beside it, while it is played; gives what ends that. */
  beside?: (say: (text: string) => void) => () => void
  /** How many scenarios are played side by side, on servers that are kept for the next; absent: one, on new ones. */
  lanes?: Lanes | undefined
  /** Without progress. */
  quiet?: boolean
  /** The command that plays the same again, for a seed. */
  commandFor(seed: number): string
}

/**
 * Plays scenarios with all that a run needs around it: platforms, the record, the live view, the reports. Everything is
 * closed on every path. Throws RunFolderError if there is no place for the record.
 */
export async function play(
  scenarios: readonly Scenario[],
  request: RunRequest,
  context: CommandContext,
): Promise<{ report: RunReport; exitCode: number }> {
  const { out, signal, defaults, onLeaving, debug } = context
  const { settings, keep, pacing } = request
  const clock = new HeldClock(systemClock)
  const seed = request.seed ?? scenarios.find((scenario) => scenario.seed !== undefined)?.seed ?? randomInt(MAX_SEED)
  const name = request.name ?? nameOf(scenarios)
  const notes = [...defaults]
  if (settings.allowed.size > 0) {
    notes.push(`allowed by --allow: ${[...settings.allowed].join(', ')}`)
  }
  const { warm } = request
  const platforms = await platformsFor(scenarios, request, context, (text) => notes.push(text))
  const runId = warm?.runId ?? newRunId(systemClock.wallMs())
  const runIds = laneRunIds(runId, request.lanes ?? 1)
  const removal = () => removalCommands(runIds, platforms)
  const secrets = [
    settings.password,
    ...scenarios.flatMap(({ params, secretParams }) => secretsAmong(params, secretParams)),
  ]
  const quiet = request.quiet === true
  const record = openRecord(request.reports, name, {
    ...{ secrets, clock, quiet },
    ...(pacing?.shard && { own: partName(pacing.shard, runId) }),
  })
  const unmark = markAtWork(record.folder.path)
  if (process.stderr.isTTY && !quiet) out.progress(`follow it in a browser: ${followCommand(request.reports)}`)
  const hide = redactor(secrets)
  const left = new AbortController()
  const atTerminal = { ...context, clock, hide, quit: () => left.abort(new Interrupted('whoever stepped through it')) }
  const operator = operatorFor(request.playing, atTerminal)
  const interrupted = AbortSignal.any([signal, left.signal])
  onLeaving(() => `Servers of this run may be left. Remove them with: ${removal()}`)
  // Processes have their supervisor, which ends them with their runner; to take faults away and let them live, it takes
  // more.
  const watched = warm === undefined && (keep || platforms.some(({ kind }) => kind !== 'process'))
  const kinds = [...new Set(platforms.map(({ kind }) => kind))]
  const watchdog = watched ? Watchdog.start({ runIds, kinds, keep }) : undefined
  const plays = playsOf(scenarios, platforms, {
    repeat: request.judging.repeat,
    ...{ seed, isSeedGiven: request.seed !== undefined, shuffle: pacing?.shuffle === true },
    ...(pacing?.limits.maxTimeMs !== undefined && { mostWorthBy: pacing.known }),
  })
  const pace = new Pace({
    limits: pacing?.limits ?? { bail: false },
    expectedMs: pacing && expectedOf(plays, pacing.known),
    clock,
  })
  record.recorder.subscribe(pace.follow)
  const endBeside = request.beside?.((text) => record.recorder.record({ type: 'progress', text, stays: true }))
  const environment = describeMachine()
  const machine = [environment.processors, environment.memory].join(', ')
  const sideBySide = request.lanes === undefined ? undefined : paceOf(request.lanes, request.reports, machine)
  const inOrder = pacing?.shuffle === true || pacing?.limits.maxTimeMs !== undefined
  const lanes = new LaneGrounds({ ...settings, runId, platforms, plays, clock })
  try {
    const { exitCode, bugs } = await playRun(
      plays,
      {
        ...settings,
        runId,
        name,
        recorder: record.recorder,
        folder: record.folder,
        clock,
        verbs: verbByName,
        interrupted,
        seed,
        command: request.commandFor(seed),
        keep,
        auditWarnOnly: request.judging.auditWarnOnly,
        notes,
        environment,
        operator,
        further: () => {
          const more = furtherPlays({
            ...{ nights: request.judging.nights, threshold: request.judging.threshold, plays, seed },
            report: record.report,
            say: (text) => record.recorder.record({ type: 'progress', text, stays: true }),
          })
          pace.add(more, plays.length)
          return more
        },
        conclude: concluder(request.judging, record.report, (event) => record.recorder.record(event)),
        beforePlay: pace.refusal,
        leftMs: pace.leftMs,
        ...(pacing?.shard && { shard: pacing.shard }),
      },
      sideBySide && { pace: sideBySide.pace, inOrder, openGround: (lane) => lanes.open(lane) },
    ).finally(endBeside)
    sideBySide?.finish()
    if (keep || (await isGone(runIds, platforms))) watchdog?.release()
    const written = record.finish(out.failures)
    const { report, told } = withBaseline(request.judging.saveBaseline, written)
    if (debug) for (const bug of bugs) out.progress(bug instanceof Error ? (bug.stack ?? bug.message) : String(bug))
    for (const message of [...(written.unwritten ?? []), ...told]) out.progress(message)
    if (keep && !interrupted.aborted) {
      for (const group of await keptBy(runId, platforms)) out.progress(`Talk to the servers with: ${talkTo(group)}`)
      out.progress(`The servers are kept. Remove them with: ${removal()}`)
    }
    return { report, exitCode: worstExit(exitCode, report.exitCode) }
  } finally {
    onLeaving(undefined)
    record.close()
    unmark()
    await lanes.close()
    if (warm === undefined) await Promise.all(platforms.map((platform) => platform.close()))
  }
}

/** Throws UsageError if they cannot run what the scenarios run beside their servers. */
async function platformsFor(
  scenarios: readonly Scenario[],
  { warm, choice }: RunRequest,
  { out, signal }: CommandContext,
  note: (text: string) => void,
): Promise<Platform[]> {
  const tools = { say: (text: string) => out.progress(text), signal }
  if (warm) {
    await haveGuestImages(scenarios, [warm.platform], tools)
    return [warm.platform]
  }
  const noted = (also: (text: string) => void) => (text: string) => {
    note(text)
    also(text)
  }
  return await openPlatformsFor(scenarios, (also) => openPlatforms(choice, noted(also)), tools)
}

/** What is left of the run on platforms that answer. */
async function keptBy(runId: string, platforms: readonly Platform[]): Promise<ServerGroup[]> {
  const found = await Promise.allSettled(platforms.map((platform) => platform.find(runId)))
  return found.flatMap((result) => (result.status === 'fulfilled' && result.value ? [result.value] : []))
}

/** What removes all that is left of the run, as a command. */
function removalCommands(runIds: readonly string[], platforms: readonly Platform[]): string {
  const commands = platforms.flatMap((platform) => runIds.map((runId) => platform.removalCommand(runId)))
  return [...new Set(commands)].join('; ')
}

/** Whether nothing is left of the run with these ids; a platform that does not answer may still have something. */
export async function isGone(runIds: readonly string[], platforms: readonly Platform[]): Promise<boolean> {
  try {
    const runs = await Promise.all(platforms.map((platform) => platform.runs()))
    return runs.flat().every((run) => !runIds.includes(run.runId))
  } catch (error) {
    if (error instanceof PlatformError) return false
    throw error
  }
}

function nameOf(scenarios: readonly Scenario[]): string {
  return new Set(scenarios.map(({ id }) => id)).size === 1 ? (scenarios[0]?.id ?? 'run') : UNNAMED_SUITE
}

function followCommand(reports: string): string {
  return typed('open', [], reports === reportsFolder ? [] : [`--reports ${quoted(reports)}`])
}

/** Time and chance, so that runs side by side differ. */
export function newRunId(wallMs: number): string {
  const time = new Date(wallMs).toISOString().slice(0, 19).replace(/\D/g, '')
  return `${time}-${randomBytes(3).toString('hex')}`
}

/** What a run is played on, in words, for whoever compares two runs: no name of a user or machine. */
function describeMachine(): Record<string, string> {
  const processors = cpus()
  const model = processors[0]?.model.trim() ?? ''
  return {
    system: `${type()} ${release()} (${arch()})`,
    processors: `${processors.length}${model === '' || model === 'unknown' ? '' : ` × ${model}`}`,
    memory: `${(totalmem() / GIBIBYTE).toFixed(1)} GiB`,
    node: process.version,
  }
}
