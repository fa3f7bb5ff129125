import { typed } from '../base/command-line.ts'
import { UsageError } from '../base/errors.ts'
import { EXIT, worstExit } from '../base/exit.ts'
import { MAX_SEED } from '../base/random.ts'
import { quoted } from '../base/shell-words.ts'
import type { Scenario } from '../scenario/model.ts'
import { serversToAdd } from '../scenario/servers-needed.ts'
import { checkPortsFit, clusterFlags, clusterSettings } from './cluster-flags.ts'
import type { Command } from './command.ts'
import { consoleDetail, consoleFlags } from './console-flags.ts'
import { type Flags, givenFlags, type ParsedLine, wholeNumber } from './flags.ts'
import { libraryFlags } from './library-flags.ts'
import { chosenNames, libraryEntries, loadScenarios } from './load-scenarios.ts'
import { platformChoice, platformFlags } from './open-platform.ts'
import { givenParams, paramFlags } from './param-flags.ts'
import { lanesAskedFor, parallelFlag } from './play/lanes.ts'
import { PLAY_FLAGS, play } from './play.ts'
import { reportsFolder } from './project.ts'
import { chosenReporters, printReports, reporterFlag } from './reporters.ts'

const flags: Flags = {
  ...paramFlags,
  ...platformFlags,
  ...clusterFlags,
  ...libraryFlags,
  ...parallelFlag,
  tag: { type: 'string', multiple: true, value: 'TAG', help: 'play the twins of all scenarios with this tag' },
  shard: { type: 'string', value: 'I/N', help: 'play one part of N of them: 1/3 the first third, every third one' },
  seed: { type: 'string', value: 'N', help: 'draw the random choices of an earlier run again' },
  reports: { type: 'string', value: 'FOLDER', help: 'where the folder of the run is made (default reports)' },
  ...reporterFlag,
  ...consoleFlags,
}

/** What is asked of a run of twins beside its scenarios: each is judged by where it fails. */
const JUDGING = { repeat: 1, failOnFlaky: false, auditWarnOnly: false, threshold: 0 }

export const twins: Command = {
  usage: 'twins [NAME…] [flags]',
  details: [
    '  NAME is the name of a scenario, a file, a folder or a pattern in quotes; without one, all that there are.',
    '  A twin is its scenario with something changed, under which it must fail at the place named: it passes if it does.',
    '  Exit code 0: all failed as they should. 1: a twin passed, or failed elsewhere. 3: no verdict.',
  ],
  flags,
  async run(line, context) {
    const { out } = context
    const reporters = await chosenReporters(line)
    const detail = consoleDetail(line)
    const settings = clusterSettings(line)
    const choice = await platformChoice(line)
    const seed = line.text('seed') === undefined ? undefined : wholeNumber(line, 'seed', 0, { min: 0, max: MAX_SEED })
    const part = partOf(line)
    const lanes = lanesAskedFor(line)
    const params = givenParams(line, out)
    const chosen = await chosenNames({ words: line.positionals, tags: line.texts('tag') }, context)
    const names = chosen.length > 0 ? chosen : (await libraryEntries(context)).map(({ name }) => name)
    const scenarios = await loadScenarios(names, params, context, settings)
    const all = scenarios.flatMap((scenario) => scenario.twins)
    if (all.length === 0) throw new UsageError(noTwins(scenarios))
    const played = part ? all.filter((_, place) => place % part.of === part.number - 1) : all
    if (played.length === 0) {
      out.progress(`of ${all.length} twins none is in part ${part?.number} of ${part?.of}`)
      return EXIT.passed
    }
    for (const one of played) checkPortsFit(one.cluster.topology, settings.portBase, serversToAdd(one))
    out.progress(`${played.length} of ${all.length} twins, each of which must fail, on ${choice.servers.join(', ')}`)
    const request = {
      name: 'twins',
      settings,
      choice,
      seed,
      keep: false,
      reports: line.text('reports') ?? reportsFolder,
      judging: JUDGING,
      lanes,
      quiet: detail === 'quiet',
      commandFor: (drawn: number) => commandAgain(line, drawn),
    }
    const { report, exitCode } = await play(played, request, context)
    const failures = await printReports(report, reporters, out, { detail })
    for (const failure of failures) out.progress(failure)
    return failures.length > 0 ? worstExit(exitCode, EXIT.noVerdict) : exitCode
  },
}

/** Reads `--shard I/N`. Throws UsageError. */
function partOf(line: ParsedLine): { number: number; of: number } | undefined {
  const text = line.text('shard')
  if (text === undefined) return undefined
  const [, number = 0, of = 0] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number)
  if (number >= 1 && number <= of) return { number, of }
  throw new UsageError(`--shard takes I/N, as 1/3, and not ${text}`)
}

function noTwins(scenarios: readonly Scenario[]): string {
  const which = scenarios.length === 1 ? `${scenarios[0]?.id} has` : 'these scenarios have'
  return `${which} no twins: write some under \`twins:\`, as \`${typed('help', ['twins'])}\` shows`
}

function commandAgain(line: ParsedLine, seed: number): string {
  const given = givenFlags(line, ['tag', 'shard', 'config', ...PLAY_FLAGS])
  return typed('twins', line.positionals.map(quoted), [`--seed ${seed}`, ...given])
}
