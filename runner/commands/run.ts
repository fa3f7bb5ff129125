import { randomBytes, randomInt } from 'node:crypto'
import path from 'node:path'
import { playRun } from '../engine/play-run.ts'
import type { RunSettings } from '../engine/settings-of-run.ts'
import { EXIT } from '../engine/verdict.ts'
import { systemClock } from '../record/clock.ts'
import { EventLogError, Recorder } from '../record/event-log.ts'
import type { RunEvent } from '../record/events.ts'
import { appendTrends, createRunFolder, RunFolderError } from '../record/run-folder.ts'
import { liveReporter } from '../report/live.ts'
import { ReportError, reduceRun } from '../report/run-model.ts'
import { outputStyle } from '../report/style.ts'
import { trendLines } from '../report/trends.ts'
import { writeReports } from '../report/write-reports.ts'
import type { Scenario } from '../scenario/model.ts'
import { verbByName } from '../steps/index.ts'
import { type ClusterSettings, checkPortsFit, clusterFlags, clusterSettings } from './cluster-flags.ts'
import type { Command, Surroundings } from './command.ts'
import { type Flags, nameValues, type ParsedLine, wholeNumber } from './flags.ts'
import { scenarioTable } from './list.ts'
import { chosenNames, loadScenarios } from './load-scenarios.ts'
import { openPlatform } from './open-platform.ts'
import { reportsFolder, shown } from './project.ts'
import { chosenReporters, reporterFlag } from './reporters.ts'
import { UsageError } from './usage-error.ts'
import { setFlag } from './validate.ts'

const MAX_SEED = 2 ** 31 - 1

const flags: Flags = {
  ...setFlag,
  ...clusterFlags,
  tag: { type: 'string', multiple: true, value: 'TAG', help: 'play all scenarios with this tag' },
  seed: { type: 'string', value: 'N', help: 'draw the random choices of an earlier run again' },
  keep: { type: 'boolean', help: 'leave the cluster running at the end, and print how to remove it' },
  reports: { type: 'string', value: 'FOLDER', help: 'where the folder of the run is made (default reports)' },
  ...reporterFlag,
}

export const run: Command = {
  name: 'run',
  summary: 'plays scenarios: npm run scenario NAME…',
  usage: 'run NAME… [flags]        (npm run scenario NAME… -- [flags])',
  flags,
  async run(line, surroundings) {
    const { out } = surroundings
    const names = chosenNames(line.positionals, line.texts('tag'))
    if (names.length === 0) {
      out.print(
        ['npm run scenario NAME… [-- flags] plays scenarios; --help shows the flags.', scenarioTable()].join('\n'),
      )
      return EXIT.usage
    }
    const formats = chosenReporters(line)
    const settings = clusterSettings(line)
    const seed = line.text('seed') === undefined ? undefined : wholeNumber(line, 'seed', 0, { min: 0, max: MAX_SEED })
    const scenarios = loadScenarios(names, nameValues(line, 'set'), out.color)
    if (line.on('keep') && scenarios.length > 1) {
      throw new UsageError('--keep leaves one cluster behind, so it goes with one scenario at a time')
    }
    for (const { cluster } of scenarios) checkPortsFit(cluster.topology, settings.portBase)
    const played = await play(scenarios, { line, settings, seed, names }, surroundings)
    for (const format of formats) out.print(format(played.report, outputStyle(process.stdout, process.env)).trimEnd())
    return played.exitCode
  },
}

interface Asked {
  line: ParsedLine
  settings: ClusterSettings
  seed: number | undefined
  names: string[]
}

async function play(scenarios: Scenario[], asked: Asked, { out, signal, onLeaving, debug }: Surroundings) {
  const { line, settings, names } = asked
  const keep = line.on('keep')
  const seed = asked.seed ?? scenarios.find((scenario) => scenario.seed !== undefined)?.seed ?? randomInt(MAX_SEED)
  const name = scenarios.length === 1 ? (scenarios[0]?.id ?? 'run') : 'suite'
  const reports = shown(path.resolve(line.text('reports') ?? reportsFolder))
  const platform = openPlatform()
  const folder = createRunFolder(reports, name, systemClock.wallMs())
  const recorder = new Recorder({ file: folder.eventsFile, clock: systemClock, secrets: [settings.password] })
  const events: RunEvent[] = []
  recorder.subscribe((event) => events.push(event))
  const live = liveReporter({ stream: process.stderr, env: process.env, clock: systemClock })
  recorder.subscribe((event) => live.onEvent(event))
  const runId = newRunId(systemClock.wallMs())
  onLeaving(() => `Servers of this run may be left. Remove them with: ${platform.removalCommand(runId)}`)
  try {
    const runSettings: RunSettings = {
      ...settings,
      runId,
      name,
      platform,
      recorder,
      folder,
      clock: systemClock,
      verbs: verbByName,
      interrupted: signal,
      seed,
      command: commandAgain(names, line, seed),
      keep,
    }
    const { exitCode, bugs } = await playRun(scenarios, runSettings)
    live.close()
    if (debug) for (const bug of bugs) out.progress(bug instanceof Error ? (bug.stack ?? bug.message) : String(bug))
    const unwritten = whatFails([
      () => recorder.close(),
      () => writeReports(folder.path, events),
      () => appendTrends(reports, trendLines(reduceRun(events, folder.path))),
    ])
    for (const message of unwritten) out.progress(message)
    if (keep) out.progress(`The servers are kept. Remove them with: ${platform.removalCommand(runId)}`)
    const incomplete = unwritten.length > 0 && exitCode === EXIT.passed
    return { report: reduceRun(events, folder.path), exitCode: incomplete ? EXIT.noVerdict : exitCode }
  } finally {
    live.close()
    onLeaving(undefined)
    whatFails([() => recorder.close()])
    await platform.close()
  }
}

/** Does all of the work, also after a failure, and returns what could not be written. Throws what is no failure to write. */
function whatFails(work: readonly (() => unknown)[]): string[] {
  return work.flatMap((write) => {
    try {
      write()
      return []
    } catch (error) {
      if (error instanceof EventLogError || error instanceof ReportError || error instanceof RunFolderError)
        return [error.message]
      throw error
    }
  })
}

/** Time and chance, so that runs side by side differ. */
function newRunId(wallMs: number): string {
  const time = new Date(wallMs).toISOString().slice(0, 19).replace(/\D/g, '')
  return `${time}-${randomBytes(3).toString('hex')}`
}

function commandAgain(names: readonly string[], line: ParsedLine, seed: number): string {
  const given = [
    `--seed ${seed}`,
    ...line.texts('set').map((text) => `--set ${quoted(text)}`),
    ...line.texts('config').map((text) => `--config ${quoted(text)}`),
    ...['port-base', 'name-prefix', 'reports'].flatMap((flag) =>
      line.text(flag) === undefined ? [] : [`--${flag} ${quoted(line.text(flag) ?? '')}`],
    ),
  ]
  return `npm run scenario ${names.map(quoted).join(' ')} -- ${given.join(' ')}`
}

/** Quoted for a POSIX shell, if it must be: the command is printed for people to paste. */
function quoted(text: string): string {
  return /^[A-Za-z0-9_=.,:/@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
