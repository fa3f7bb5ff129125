import { typed, typedAsWell } from '../base/command-line.ts'
import { UsageError } from '../base/errors.ts'
import { EXIT, worstExit } from '../base/exit.ts'
import { MAX_SEED } from '../base/random.ts'
import { quoted } from '../base/shell-words.ts'
import { UNNAMED_SUITE } from '../results/trend-lines.ts'
import { scenarioNames } from '../scenario/library.ts'
import type { Scenario } from '../scenario/model.ts'
import { serversToAdd } from '../scenario/servers-needed.ts'
import { programsFlag, programsIn } from './allow.ts'
import { type Choice, choiceFlags, choiceOf, LASTING_CHOICES, PASSING_CHOICES } from './choosing/choice-flags.ts'
import { knownPlays, narrowed, wordFor } from './choosing/narrow.ts'
import { pacingOf } from './choosing/pace.ts'
import { playedHow } from './choosing/shard.ts'
import { suiteOfRun } from './choosing/suites.ts'
import { assertClientsHere, CLIENT_FLAGS, clientFlags, clientsOf, playedThrough, tellClients } from './client-flags.ts'
import { checkPortsFit, clusterFlags, clusterSettings } from './cluster-flags.ts'
import type { Command } from './command.ts'
import { consoleDetail, consoleFlags } from './console-flags.ts'
import { printDryRuns } from './dry-run.ts'
import { type Flags, givenFlags, type ParsedLine, wholeNumber } from './flags.ts'
import { judgingFlags, judgingOf } from './judging.ts'
import { libraryFlags } from './library-flags.ts'
import { scenarioTable } from './list.ts'
import { type AskedFor, chosenNames } from './load-scenarios.ts'
import { platformChoice, platformFlags } from './open-platform.ts'
import { givenParams, PARAM_FLAGS, paramFlags } from './param-flags.ts'
import { leaveEmptyPart } from './play/empty-part.ts'
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
  ...programsFlag,
  ...libraryFlags,
  tag: { type: 'string', multiple: true, value: 'TAG', help: 'play all scenarios with this tag' },
  all: { type: 'boolean', help: 'play all scenarios that there are: your own, and those of redis-chaos' },
  ...choiceFlags,
  seed: { type: 'string', value: 'N', help: 'draw the random choices of an earlier run again' },
  keep: { type: 'boolean', help: 'leave the cluster running at the end, and print how to remove it' },
  reports: { type: 'string', value: 'FOLDER', help: 'where the folder of the run is made (default reports)' },
  ...strictFlag,
  ...judgingFlags,
  ...playingFlags,
  ...upgradingFlags,
  ...clientFlags,
  ...parallelFlag,
  ...reporterFlag,
  ...consoleFlags,
}

export const run: Command = {
  usage: `run NAME… [flags]${typedAsWell('run', 'NAME… -- [flags]')}`,
  details: [
    '  NAME is the name of a scenario, a subject of the library as `election`, a file, a folder (all scenarios below it) or',
    "  a pattern in quotes: 'mine/**/*.yaml'. It may be a suite, too: smoke (a bit of everything in under a minute),",
    '  nightly (what a night plays), or full (every scenario).',
  ],
  flags,
  async run(given, context) {
    const { out } = context
    const { line, params } = withFromAndTo(given, givenParams(given, out))
    const wanted = choiceOf(line)
    const named = await chosenNames(askedFor(line, wanted), context)
    if (named.length === 0) {
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
    const reports = line.text('reports') ?? reportsFolder
    const asked = line.text('upgrade')
    const upgrades = asked === undefined ? undefined : await upgradesOf(asked, choice, out)
    const known = knownPlays(reports, { lenient: wanted.shard === undefined && wanted.maxTimeMs === undefined })
    const clients = clientsOf(line)
    const programs = programsIn(line)
    const judging = judgingOf(line)
    const how = playedHow(choice, { clients: clients?.map(({ name }) => name), repeat: judging.repeat })
    const load = async () => {
      const read = await playedThrough(clients, (client) =>
        loadUpgrades(named, { params, upgrades }, context, { ...settings, client, programs }),
      )
      const left = await narrowed(read, wanted, { reports, how, known }, context)
      for (const one of left.scenarios) checkPortsFit(one.cluster.topology, settings.portBase, serversToAdd(one))
      return left
    }
    const { scenarios, shard } = await load()
    const suite = suiteOfRun(
      { words: line.positionals, tags: line.texts('tag'), all: line.on('all') },
      scenarioNames(context.library),
    )
    if (scenarios.length === 0 && playing.dryRun) return EXIT.passed
    if (scenarios.length === 0)
      return leaveEmptyPart({ reports, name: suite ?? UNNAMED_SUITE, command: 'run', shard }, out)
    tellClients(scenarios, clients, out)
    const { config } = settings
    tellWarnings(warningsIn(scenarios, line, { params, config }, out.color), named, params, context)
    if (line.on('keep') && scenarios.length * choice.servers.length * judging.repeat > 1) {
      throw new UsageError('--keep leaves one cluster behind, so it goes with one scenario, one server and no repeat')
    }
    await assertClientsHere(scenarios, choice)
    if (playing.dryRun) return await printDryRuns(scenarios, { settings, choice, seed, hide: params.hide }, context)
    const request: RunRequest = {
      ...(suite !== undefined && { name: suite }),
      settings,
      choice,
      seed,
      keep: line.on('keep'),
      reports,
      judging,
      lanes,
      pacing: pacingOf(wanted, known, shard),
      playing,
      quiet: detail === 'quiet',
      commandFor: (drawn) => commandAgain(scenarios, line, drawn, context.library),
    }
    const playOn = async (read: Scenario[], more: Pick<RunRequest, 'warm' | 'beside'> = {}) => {
      const played = await play(read, { ...request, ...more }, context)
      const failures = await printReports(played.report, reporters, out, { detail })
      for (const failure of failures) out.progress(failure)
      const exitCode = failures.length > 0 ? worstExit(played.exitCode, EXIT.noVerdict) : played.exitCode
      return { exitCode, seed: played.report.seed }
    }
    if (playing.watch)
      return await watch(
        choice,
        { scenarios, load: async () => (await load()).scenarios, playOn, hasSeed: seed !== undefined },
        context,
      )
    return (await playOn(scenarios)).exitCode
  },
}

/** What --grep and the like choose from, if nothing is named, is all there is. Throws UsageError. */
function askedFor(line: ParsedLine, { grep, notTags, lastFailed }: Choice): AskedFor {
  const words = line.positionals
  const tags = line.texts('tag')
  const isNamed = words.length + tags.length > 0
  if (line.on('all') && isNamed) {
    throw new UsageError(
      '--all plays every scenario: it takes no names and no --tag; --grep and --not-tag leave some out',
    )
  }
  const narrows = grep !== undefined || notTags.length > 0 || lastFailed
  return { words, tags, all: line.on('all') || (!isNamed && narrows) }
}

/** What the next run would choose otherwise is named. */
function commandAgain(
  scenarios: readonly Scenario[],
  line: ParsedLine,
  seed: number,
  library: readonly string[],
): string {
  const isPassing = PASSING_CHOICES.some((name) => line.given(name).length > 0)
  const words = isPassing ? [...new Set(scenarios.map((one) => wordFor(one, library)))] : line.positionals
  const chosen = isPassing ? [] : givenFlags(line, ['all', 'tag', 'grep', 'not-tag'])
  const given = givenFlags(line, [
    ...LASTING_CHOICES,
    ...PARAM_FLAGS,
    ...UPGRADING_FLAGS,
    ...CLIENT_FLAGS,
    'programs',
    'config',
    'fail-on-flaky',
    ...PLAY_FLAGS,
  ])
  return typed('run', words.map(quoted), [...chosen, `--seed ${seed}`, ...given])
}
