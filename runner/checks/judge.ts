import path from 'node:path'
import type { CheckOutcome } from '../record/check-outcome.ts'
import type { RunEvent } from '../record/events.ts'
import { readHistory } from '../record/history-reader.ts'
import { factsOf } from '../results/facts.ts'
import type { RunFacts } from '../results/run-facts.ts'
import { reduceRun } from '../results/run-model.ts'
import { FAILOVER, judgeFailovers, judgeWorkload } from './index.ts'

/**
 * Judges all checks of a scenario, from the events of its run up to its first judgement and from its histories in the run's
 * `folder`: what a run judged at its end, and what is judged again later, is the same. `limits`, by what they are on and then by check, are
 * the scenario's own if not given. Throws HistoryError if a history cannot be read.
 */
export function judgeScenario(
  events: readonly RunEvent[],
  scenario: number,
  folder: string,
  limits?: Record<string, Record<string, unknown>>,
): CheckOutcome[] {
  const known = eventsBeforeJudging(events, scenario).filter(isOf(scenario))
  const started = known.find((event) => event.type === 'scenario-started' && event.scenario === scenario)
  if (started?.type !== 'scenario-started') return []
  const limitsBySubject = Object.entries(limits ?? started.checks ?? {})
  if (limitsBySubject.length === 0) return []
  const failovers = reduceRun(known, folder).scenarios[0]?.failovers ?? []
  const facts = factsOf(known, scenario, failovers)
  return limitsBySubject.flatMap(([on, limits]) => {
    if (on === FAILOVER) return judgeFailovers(limits, facts)
    return judgeHistory(on, limits, historyFile(known, scenario, on), folder, facts)
  })
}

/** Histories of a run, as paths within its folder. */
export function historyFiles(events: readonly RunEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'history-saved' ? [event.file] : []))
}

/** Where the history of a workload is, within the run's folder; undefined if it was never written to its end. */
function historyFile(events: readonly RunEvent[], scenario: number, workload: string): string | undefined {
  const saved = events.find(
    (event) => event.type === 'history-saved' && event.scenario === scenario && event.workload === workload,
  )
  return saved?.type === 'history-saved' ? saved.file : undefined
}

function judgeHistory(
  on: string,
  limits: Record<string, unknown>,
  file: string | undefined,
  folder: string,
  facts: RunFacts,
): CheckOutcome[] {
  if (file === undefined) return Object.keys(limits).map((name) => withoutHistory(on, name))
  return judgeWorkload({ on, limits, history: readHistory(path.join(folder, file)), facts })
}

/** A load that never came to an end shows nothing. */
function withoutHistory(on: string, name: string): CheckOutcome {
  const explanation = `There is no history of ${on}: its load did not come to an end.`
  return { on, name, verdict: 'not-evaluated', limit: '', value: 'nothing', samples: 0, explanation }
}

/** Of the scenario, or of the run as a whole. */
function isOf(scenario: number): (event: RunEvent) => boolean {
  return (event) => !('scenario' in event) || event.scenario === undefined || event.scenario === scenario
}

function eventsBeforeJudging(events: readonly RunEvent[], scenario: number): readonly RunEvent[] {
  const end = events.findIndex(
    (event) => (event.type === 'check-judged' || event.type === 'scenario-ended') && event.scenario === scenario,
  )
  return end < 0 ? events : events.slice(0, end)
}
