import path from 'node:path'
import { typed } from '../base/command-line.ts'
import { UsageError } from '../base/errors.ts'
import { EXIT, worstExit } from '../base/exit.ts'
import { MAX_SEED } from '../base/random.ts'
import { plural } from '../base/text.ts'
import { NIGHT_REPEATS, WINDOW } from '../checks/nights/defaults.ts'
import { COMPARED, nightOf } from '../checks/nights/night.ts'
import { serversToAdd } from '../scenario/servers-needed.ts'
import { choiceFlags, choiceOf } from './choosing/choice-flags.ts'
import { knownPlays, narrowed } from './choosing/narrow.ts'
import { pacingOf } from './choosing/pace.ts'
import { playedHow } from './choosing/shard.ts'
import { checkPortsFit, clusterFlags, clusterSettings } from './cluster-flags.ts'
import type { Command } from './command.ts'
import { consoleDetail, consoleFlags } from './console-flags.ts'
import { type Flags, givenFlags, type ParsedLine, wholeNumber } from './flags.ts'
import { assertKeepable, auditFlag, auditWarnOnly, type Judging, MOST_REPEATS, thresholdOf } from './judging.ts'
import { libraryFlags } from './library-flags.ts'
import { chosenNames, loadScenarios } from './load-scenarios.ts'
import { isCutShort, keepNight, nightsIn } from './night/kept-nights.ts'
import type { NightsBefore } from './night/second-pass.ts'
import { platformChoice, platformFlags } from './open-platform.ts'
import { NO_PARAMS } from './param-flags.ts'
import { leaveEmptyPart } from './play/empty-part.ts'
import { lanesAskedFor, parallelFlag } from './play/lanes.ts'
import { PLAY_FLAGS, play } from './play.ts'
import { reportsFolder, shown } from './project.ts'
import { chosenReporters, printReports, reporterFlag } from './reporters.ts'
import { strictFlag, tellWarnings, warningsIn } from './warned.ts'

const DEFAULT_TAG = 'nightly'

const flags: Flags = {
  ...platformFlags,
  ...clusterFlags,
  ...libraryFlags,
  tag: {
    type: 'string',
    multiple: true,
    value: 'TAG',
    help: `play the scenarios with this tag (default ${DEFAULT_TAG})`,
  },
  ...choiceFlags,
  repeat: {
    type: 'string',
    value: 'N',
    help: `play each scenario N times first, and what looks slower again (default ${NIGHT_REPEATS})`,
  },
  baseline: {
    type: 'string',
    value: 'FILE',
    help: `where nights are kept: each scenario is compared with its last ${WINDOW} there, and added (default baseline.json in the reports)`,
  },
  ...strictFlag,
  ...auditFlag,
  threshold: { type: 'string', value: 'PERCENT', help: 'what is slower by less is no regression (default 10)' },
  seed: { type: 'string', value: 'N', help: 'draw the random choices of an earlier night again' },
  reports: { type: 'string', value: 'FOLDER', help: 'where runs, trends and the baseline are (default reports)' },
  ...parallelFlag,
  ...reporterFlag,
  ...consoleFlags,
}

export const nightly: Command = {
  usage: 'nightly [flags]',
  details: [
    '  Exit code 0: all passed and nothing is slower. 1: a scenario failed. 3: no verdict. 4: a regression, or a flaky scenario.',
    `  Each scenario is compared with up to ${WINDOW} nights before that played it. Remove the file of the baseline to begin anew.`,
    '  A part (--shard) leaves it to `report --merge` to compare the whole night, and to keep it.',
  ],
  flags,
  async run(line, context) {
    if (line.positionals.length > 0) throw new UsageError('nightly takes flags only; scenarios are chosen by --tag')
    const { out } = context
    const tags = line.texts('tag').length === 0 ? [DEFAULT_TAG] : line.texts('tag')
    const reporters = await chosenReporters(line)
    const detail = consoleDetail(line)
    const settings = clusterSettings(line)
    const choice = await platformChoice(line)
    const seed = line.text('seed') === undefined ? undefined : wholeNumber(line, 'seed', 0, { min: 0, max: MAX_SEED })
    const lanes = lanesAskedFor(line)
    const reports = line.text('reports') ?? reportsFolder
    const file = line.text('baseline') ?? path.join(reports, 'baseline.json')
    const before = nightsIn(file)
    const wanted = choiceOf(line)
    const names = await chosenNames({ words: [], tags }, context)
    const known = knownPlays(reports, { lenient: wanted.shard === undefined && wanted.maxTimeMs === undefined })
    const asked = await loadScenarios(names, NO_PARAMS, context, settings)
    const how = playedHow(choice, { repeat: repeatOf(line) })
    const { scenarios, shard } = await narrowed(asked, wanted, { reports, how, known }, context)
    if (scenarios.length === 0) return leaveEmptyPart({ reports, name: 'nightly', command: 'nightly', shard }, out)
    const part = shard && { ...shard, asked: asked.length * choice.servers.length * COMPARED.length }
    if (part === undefined) assertKeepable(line, 'baseline')
    const judging = judgingOf(line, { file: shown(file), before, ...(part && { part }) })
    const warnings = warningsIn(scenarios, line, { params: NO_PARAMS, config: settings.config }, out.color)
    tellWarnings(warnings, names, NO_PARAMS, context)
    for (const one of scenarios) checkPortsFit(one.cluster.topology, settings.portBase, serversToAdd(one))
    out.progress(
      `${plural(scenarios.length, 'scenario')}, ${plural(judging.repeat, 'time')} on ${choice.servers.join(', ')}`,
    )
    const commandFor = (drawn: number) => commandAgain(line, drawn)
    const request = {
      name: 'nightly',
      settings,
      choice,
      seed,
      keep: false,
      reports,
      judging,
      lanes,
      pacing: pacingOf(wanted, known, shard),
      quiet: detail === 'quiet',
      commandFor,
    }
    const played = await play(scenarios, request, context)
    const failures = await printReports(played.report, reporters, out, { detail })
    for (const failure of failures) out.progress(failure)
    // What a part measured is kept with the whole.
    const isKept = part === undefined && !isCutShort(played.exitCode)
    if (isKept) out.progress(await keepNight(file, nightOf(played.report)))
    return failures.length > 0 ? worstExit(played.exitCode, EXIT.noVerdict) : played.exitCode
  },
}

function judgingOf(line: ParsedLine, nights: NightsBefore): Judging {
  return {
    repeat: repeatOf(line),
    failOnFlaky: true,
    auditWarnOnly: auditWarnOnly(line),
    threshold: thresholdOf(line.text('threshold')),
    nights,
  }
}

function repeatOf(line: ParsedLine): number {
  return wholeNumber(line, 'repeat', NIGHT_REPEATS, { min: 1, max: MOST_REPEATS })
}

const NIGHT_FLAGS = ['tag', ...Object.keys(choiceFlags), 'config', 'strict', ...PLAY_FLAGS]

function commandAgain(line: ParsedLine, seed: number): string {
  return typed('nightly', [], [`--seed ${seed}`, ...givenFlags(line, NIGHT_FLAGS)])
}
