import { visible } from '../base/text.ts'
import type { FailoverReport, RunReport, ScenarioReport } from '../results/report-model.ts'
import { isOpen } from '../results/verdict.ts'

type Labels = Record<string, string>

/** A family of metrics; `name` without the prefix and without its unit, which OpenMetrics wants at the end. */
interface Family {
  name: string
  type: 'gauge' | 'info'
  unit?: 'seconds'
  help: string
  samples: { labels: Labels; value: number }[]
}

const PREFIX = 'redis_chaos'

/**
 * `metrics.prom`, OpenMetrics text 1.0 (prometheus.io/docs/specs/om/open_metrics_spec): for a scrape of the file, the
 * textfile collector of node_exporter, or a push. Times are in seconds.
 */
export function metricsReport(run: RunReport): string {
  return `${families(run)
    .filter(({ samples }) => samples.length > 0)
    .flatMap(familyLines)
    .join('\n')}\n# EOF\n`
}

function families(run: RunReport): Family[] {
  const labels = labelsOf(run.scenarios)
  const each = <T>(measured: (scenario: ScenarioReport, labels: Labels) => T[]) =>
    run.scenarios.flatMap((scenario, place) => measured(scenario, labels[place] ?? {}))
  const one = (
    name: string,
    help: string,
    unit: Family['unit'],
    measured: (scenario: ScenarioReport) => number,
  ): Family => ({
    name,
    type: 'gauge',
    help,
    ...(unit && { unit }),
    samples: each((scenario, labels) => [{ labels, value: measured(scenario) }]),
  })
  return [
    {
      name: 'run',
      type: 'info',
      help: 'The run.',
      samples: [{ labels: { run: run.runId, name: run.name, verdict: run.verdict, seed: String(run.seed) }, value: 1 }],
    },
    {
      name: 'run_exit_code',
      type: 'gauge',
      help: 'Exit code of the run: 0 passed, 1 failed, 3 no verdict, 4 regressed.',
      samples: [{ labels: {}, value: run.exitCode }],
    },
    one('scenario_passed', 'Whether the scenario passed.', undefined, ({ verdict }) => (verdict === 'passed' ? 1 : 0)),
    one('scenario_skipped', 'Whether it was skipped.', undefined, ({ verdict }) => (verdict === 'skipped' ? 1 : 0)),
    one(
      'scenario_duration',
      'From the start of setting up to the end of cleaning up.',
      'seconds',
      ({ durationMs }) => durationMs / 1000,
    ),
    one('scenario_setup', 'Time to set the cluster up.', 'seconds', ({ setupMs }) => setupMs / 1000),
    {
      name: 'failover',
      type: 'gauge',
      unit: 'seconds',
      help: 'From the fault, or the wish, to the new master.',
      samples: each(({ failovers }, labels) =>
        failovers.flatMap((failover, place) =>
          // Where nobody was promoted the time is that until it was given up, which is none of a failover.
          failover.outcome === 'promoted'
            ? [{ labels: failoverLabels(failover, place, labels), value: failover.totalMs / 1000 }]
            : [],
        ),
      ),
    },
    {
      name: 'failover_promoted',
      type: 'gauge',
      help: 'Whether a failover ended with a new master.',
      samples: each(({ failovers }, labels) =>
        failovers.map((failover, place) => ({
          labels: failoverLabels(failover, place, labels),
          value: failover.outcome === 'promoted' ? 1 : 0,
        })),
      ),
    },
    {
      name: 'failover_phase',
      type: 'gauge',
      unit: 'seconds',
      help: 'How long each phase of a failover took.',
      samples: each(({ failovers }, labels) =>
        failovers.flatMap((failover, place) =>
          failover.phases.map(({ name, durationMs }) => ({
            labels: { ...failoverLabels(failover, place, labels), phase: name },
            value: durationMs / 1000,
          })),
        ),
      ),
    },
    {
      name: 'check_passed',
      type: 'gauge',
      help: 'Whether a check passed.',
      samples: each(({ checks }, labels) =>
        checks.map(({ on, name, limit, verdict }) => ({
          labels: { ...labels, on, check: name, limit },
          value: verdict === 'passed' ? 1 : 0,
        })),
      ),
    },
    {
      name: 'audit_findings',
      type: 'gauge',
      help: 'What a rule of the audit found and the scenario does not mean; none of a rule that was not evaluated.',
      samples: each(({ audit }, labels) =>
        (audit?.rules ?? []).flatMap(({ rule, verdict, findings }) =>
          verdict === 'not-evaluated' ? [] : [{ labels: { ...labels, rule }, value: findings.filter(isOpen).length }],
        ),
      ),
    },
    {
      name: 'check_amount',
      type: 'gauge',
      help: 'What a check found, as a number; durations in milliseconds.',
      samples: each(({ checks }, labels) =>
        checks.flatMap(({ on, name, limit, amount }) =>
          amount === undefined ? [] : [{ labels: { ...labels, on, check: name, limit }, value: amount }],
        ),
      ),
    },
    {
      name: 'baseline_regressed',
      type: 'gauge',
      help: 'Whether a measure has regressed against the baseline.',
      samples: (run.baseline?.comparisons ?? []).map(({ scenario, server, platform, client, metric, verdict }) => ({
        labels: { scenario, server, platform, ...(client !== undefined && { client }), metric },
        value: verdict === 'regressed' ? 1 : 0,
      })),
    },
  ]
}

/**
 * Of each scenario; one that is played more than once on a server, with other params, has a number, so that none stands
 * for another.
 */
function labelsOf(scenarios: readonly ScenarioReport[]): Labels[] {
  const plain = scenarios.map(
    ({ id, server, platform, client, repeat }): Labels => ({
      scenario: id,
      server,
      platform,
      ...(client !== undefined && { client }),
      ...(repeat && { repeat: String(repeat.number) }),
    }),
  )
  const keys = plain.map((labels) => JSON.stringify(labels))
  return plain.map((labels, place) => {
    const isOnly = keys.filter((key) => key === keys[place]).length === 1
    const number = keys.slice(0, place + 1).filter((key) => key === keys[place]).length
    return isOnly ? labels : { ...labels, play: String(number) }
  })
}

function failoverLabels({ shard, to, wanted }: FailoverReport, place: number, labels: Labels): Labels {
  return { ...labels, shard: String(shard), to, wanted: String(wanted), number: String(place + 1) }
}

function familyLines({ name, type, unit, help, samples }: Family): string[] {
  const full = [PREFIX, name, ...(unit === undefined ? [] : [unit])].join('_')
  const suffix = type === 'info' ? '_info' : ''
  return [
    `# TYPE ${full} ${type}`,
    ...(unit === undefined ? [] : [`# UNIT ${full} ${unit}`]),
    `# HELP ${full} ${escapedText(help)}`,
    ...unique(samples.map(({ labels, value }) => ({ series: `${full}${suffix}${labelText(labels)}`, value }))),
  ]
}

/** A label set may occur once: of several, as of a check that has one limit twice, the last counts. */
function unique(samples: readonly { series: string; value: number }[]): string[] {
  return [...new Map(samples.map(({ series, value }) => [series, value]))].map(
    ([series, value]) => `${series} ${value}`,
  )
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapedText(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escapedText(text: string): string {
  return visible(text, '\n').replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
