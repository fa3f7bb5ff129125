import { EXIT, worstExit } from '../base/exit.ts'
import type { CheckOutcome } from '../record/check-outcome.ts'
import { METRIC_NAMES, METRICS, type Metric } from '../record/comparison.ts'
import type { ScenarioVerdict } from '../record/events.ts'
import { failoverValues } from './failovers/metrics.ts'
import type { MeasureReport, RepeatReport, RunReport, ScenarioReport } from './report-model.ts'
import { histogramOf, summaryOf } from './samples.ts'
import { exitCodeOf, mostGiven, verdictOfRun } from './verdict.ts'

const BINS = 8

/** A line for each scenario and server that the run played more than once. */
export function repeatsOf(run: RunReport): RepeatReport[] {
  return playedGroups(run)
    .filter(({ plays }) => plays.length > 1)
    .map((group) => {
      const { scenario, server, platform, client, plays } = group
      const verdictOf = (place: number) => run.scenarios[place]?.verdict ?? 'interrupted'
      const verdict = mostGiven(plays.map(verdictOf))
      const most = mostGiven(plays.map(verdictOf).filter(isJudged))
      const minority = plays.filter((place) => isJudged(verdictOf(place)) && verdictOf(place) !== most)
      const measures = measuresOf(run, group).map(({ metric, samples }) => measureReport(metric, samples))
      const through = client === undefined ? {} : { client }
      return { scenario, server, platform, ...through, plays, verdict, minority, measures, flaky: minority.length > 0 }
    })
}

function measureReport(metric: Metric, samples: number[]): MeasureReport {
  const summary = summaryOf(samples) ?? { count: 0, min: 0, median: 0, p95: 0, max: 0 }
  const histogram = histogramOf(samples, BINS) ?? { from: 0, to: 0, counts: [] }
  return { metric, ...METRICS[metric], ...summary, samples, histogram }
}

/** Only such can disagree: what the environment or Ctrl-C ended says nothing of the scenario. */
function isJudged(verdict: ScenarioVerdict): boolean {
  return verdict === 'passed' || verdict === 'failed'
}

/**
 * The exit code of a run in which a scenario counts as most of its repeats that passed or failed; that some did
 * otherwise is a matter of its own. A repeat without a verdict is outweighed by none that passed.
 */
export function exitCodeByMajority(run: RunReport): number {
  const skipped = run.scenarios.filter(({ verdict }) => verdict === 'skipped').map(({ verdict }) => verdict)
  const groups = playedGroups(run).map(({ plays }) => plays.flatMap((place) => run.scenarios[place]?.verdict ?? []))
  const counted = groups.flatMap((verdicts) => {
    const judged = verdicts.filter(isJudged)
    return [...(judged.length > 0 ? [mostGiven(judged)] : []), ...verdicts.filter((verdict) => !isJudged(verdict))]
  })
  const flaky = groups.some((verdicts) => new Set(verdicts.filter(isJudged)).size > 1)
  const code = exitCodeOf(verdictOfRun([...skipped, ...counted]))
  return flaky ? worstExit(code, EXIT.regressed) : code
}

/** One scenario on one server, and all times that a run played it. */
export interface PlayedGroup {
  scenario: string
  /** As it was asked for: `redis:7.0`; of old records, in words. */
  server: string
  /** In words: `redis 7.0.15`. */
  serverWords: string
  platform: string
  /** The client that was asked for, for workloads that name none. */
  client?: string
  /** Server settings. */
  config: Record<string, string>
  /** Places in the run's list of scenarios. */
  plays: number[]
}

/** The scenarios of a run, each with every time that it was played; skipped ones are left out. */
export function playedGroups(run: RunReport): PlayedGroup[] {
  const groups = new Map<string, PlayedGroup>()
  for (const [place, scenario] of run.scenarios.entries()) {
    if (scenario.verdict === 'skipped') continue
    const { id, server, asked = server, platform, cluster, client } = scenario
    const key = JSON.stringify([id, asked, platform, scenario.params, client])
    const known = groups.get(key)
    if (known === undefined) {
      const config = cluster?.config ?? {}
      const through = client === undefined ? {} : { client }
      groups.set(key, {
        scenario: id,
        server: asked,
        serverWords: server,
        platform,
        ...through,
        config,
        plays: [place],
      })
    } else {
      known.plays.push(place)
    }
  }
  return [...groups.values()]
}

/** Every metric that was measured in a group, one number for each time that gave one. */
export function measuresOf(run: RunReport, { plays }: PlayedGroup): { metric: Metric; samples: number[] }[] {
  const judged = plays
    .map((place) => run.scenarios[place])
    .filter((scenario) => scenario?.verdict === 'passed' || scenario?.verdict === 'failed')
    .filter((scenario): scenario is ScenarioReport => scenario !== undefined)
  return METRIC_NAMES.map((metric) => ({
    metric,
    samples: judged.map((scenario) => measureOf(scenario, metric)).filter((value) => value !== undefined),
  })).filter(({ samples }) => samples.length > 0)
}

/** Of several failovers or workloads in one scenario, the worst: there is one number for each time it is played. */
export function measureOf({ failovers, checks }: ScenarioReport, metric: Metric): number | undefined {
  const outages = failoverValues(failovers, 'client_outage').flatMap(({ valueMs }) => valueMs ?? [])
  const outagesOfWorkloads = amounts(checks, 'longest_outage')
  const times = (wanted: boolean) =>
    failovers.filter((one) => one.wanted === wanted && one.outcome === 'promoted').map(({ totalMs }) => totalMs)
  const values: Record<Metric, number[]> = {
    failover: times(false),
    failoverWanted: times(true),
    // What a workload saw, where there was one; else what the writes that watch a failover saw.
    outage: outagesOfWorkloads.length > 0 ? outagesOfWorkloads : outages,
    loss: amounts(checks, 'lost_writes'),
  }
  return values[metric].length === 0 ? undefined : Math.max(...values[metric])
}

function amounts(checks: readonly CheckOutcome[], name: string): number[] {
  return checks.flatMap((check) => (check.name === name && check.amount !== undefined ? [check.amount] : []))
}
