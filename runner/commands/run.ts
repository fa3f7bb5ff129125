import { typed, typedAsWell } from '../base/command-line.ts'
import { UsageError } from '../base/errors.ts'
import { EXIT, worstExit } from '../base/exit.ts'
import { MAX_SEED } from '../base/random.ts'
import { quoted } from '../base/shell-words.ts'
import type { Scenario } from '../scenario/model.ts'
import { serversToAdd } from '../scenario/servers-needed.ts'
import { checkPortsFit, clusterFlags, clusterSettings } from './cluster-flags.ts'
import type { Command } from './command.ts'
import { consoleDetail, consoleFlags } from './console-flags.ts'
import { printDryRuns } from './dry-run.ts'
import { type Flags, givenFlags, type ParsedLine, wholeNumber } from './flags.ts'
import { judgingFlags, judgingOf } from './judging.ts'
import { libraryFlags } from './library-flags.ts'
import { scenarioTable } from './list.ts'
import { chosenNames } from './load-scenarios.ts'
import { platformChoice, platformFlags } from './open-platform.ts'
import { givenParams, PARAM_FLAGS, paramFlags } from './param-flags.ts'
import { lanesAskedFor, parallelFlag } from './play/lanes.ts'
import { PLAY_FLAGS, play, type RunRequest } from './play.ts'
import { playingFlags, playingOf } from './playing.ts'
import { reportsFolder } from './project.ts'
import { chosenReporters, printReports, reporterFlag } from './reporters.ts'
import { loadUpgrades, UPGRADING_FLAGS, upgradesOf, upgradingFlags, withFromAndTo } from './upgrading.ts'
import { strictFlag, tellWarnings, warningsIn } from './warned.ts'
import { watch } from './watch.ts'

const flags: Flags = {
  ...paramFlags,
  ...platformFlags,
  ...clusterFlags,
  ...libraryFlags,
  tag: { type: 'string', multiple: true, value: 'TAG', help: 'play all scenarios with this tag' },
  seed: { type: 'string', value: 'N', help: 'draw the random choices of an earlier run again' },
  keep: { type: 'boolean', help: 'leave the cluster running at the end, and print how to remove it' },
  reports: { type: 'string', value: 'FOLDER', help: 'where the folder of the run is made (default reports)' },
  ...strictFlag,
  ...judgingFlags,
  ...playingFlags,
  ...upgradingFlags,
  ...parallelFlag,
  ...reporterFlag,
  ...consoleFlags,
}

export const run: Command = {
  usage: `run NAME… [flags]${typedAsWell('run', 'NAME… -- [flags]')}`,
  details: [
    '  NAME is the name of a scenario, a subject of the library as `election`, a file, a folder (all scenarios below it) or',
    "  a pattern in quotes: 'mine/**/*.yaml'.",
  ],
  flags,
  async run(given, context) {
    const { out } = context
    const { line, params } = withFromAndTo(given, givenParams(given, out))
    const names = await chosenNames(line.positionals, line.texts('tag'), context)
    if (names.length === 0) {
      out.print(
        [
          await scenarioTable(context),
          '',
          `${typed('run', ['NAME…'], ['[flags]'])} plays scenarios: name some of these. --help shows the flags.`,
        ].join('\n'),
      )
      return EXIT.usage
    }
    const reporters = await chosenReporters(line)
    const detail = consoleDetail(line)
    const settings = clusterSettings(line)
    const choice = await platformChoice(line)
    const seed = line.text('seed') === undefined ? undefined : wholeNumber(line, 'seed', 0, { min: 0, max: MAX_SEED })
    const playing = playingOf(line)
    const lanes = lanesAskedFor(line)
    const asked = line.text('upgrade')
    const upgrades = asked === undefined ? undefined : await upgradesOf(asked, choice, out)
    const load = async () => {
      const read = await loadUpgrades(names, { params, upgrades }, context, settings)
      for (const one of read) checkPortsFit(one.cluster.topology, settings.portBase, serversToAdd(one))
      return read
    }
    const scenarios = await load()
    const { config } = settings
    tellWarnings(warningsIn(scenarios, line, { params, config }, out.color), names, params, context)
    const judging = judgingOf(line)
    if (line.on('keep') && scenarios.length * choice.servers.length * judging.repeat > 1) {
      throw new UsageError('--keep leaves one cluster behind, so it goes with one scenario, one server and no repeat')
    }
    if (playing.dryRun) return await printDryRuns(scenarios, { settings, choice, seed, hide: params.hide }, context)
    const request: RunRequest = {
      settings,
      choice,
      seed,
      keep: line.on('keep'),
      reports: line.text('reports') ?? reportsFolder,
      judging,
      lanes,
      playing,
      quiet: detail === 'quiet',
      commandFor: (drawn) => commandAgain(names, line, drawn),
    }
    const playOn = async (read: Scenario[], more: Pick<RunRequest, 'warm' | 'beside'> = {}) => {
      const played = await play(read, { ...request, ...more }, context)
      const failures = await printReports(played.report, reporters, out, { detail })
      for (const failure of failures) out.progress(failure)
      const exitCode = failures.length > 0 ? worstExit(played.exitCode, EXIT.noVerdict) : played.exitCode
      return { exitCode, seed: played.report.seed }
    }
    if (playing.watch) return await watch(choice, { scenarios, load, playOn, hasSeed: seed !== undefined }, context)
    return (await playOn(scenarios)).exitCode
  },
}

function commandAgain(names: readonly string[], line: ParsedLine, seed: number): string {
  const given = givenFlags(line, [...PARAM_FLAGS, ...UPGRADING_FLAGS, 'config', 'fail-on-flaky', ...PLAY_FLAGS])
  return typed('run', names.map(quoted), [`--seed ${seed}`, ...given])
}
