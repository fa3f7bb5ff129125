import type { CheckOutcome } from '../record/check-outcome.ts'
import type { RunEvent, ScenarioEvent } from '../record/events.ts'
import { readHistory } from '../record/history-reader.ts'
import { placeInside } from '../record/run-files.ts'
import { runFacts } from '../results/run-facts.ts'
import { scenarioEvents, scenarioResults } from '../results/scenario-results.ts'
import { FAILOVER, judgeFailovers, workloadJudgements } from './index.ts'

/**
 * Judges all checks of a scenario, from the events of its run up to its first judgement and from its histories in the
 * run's `folder`: what a run judged at its end, and what is judged again later, is the same. `limits`, by what they are
 * on and then by check, are the scenario's own if not given. Throws HistoryError if a history cannot be read, and
 * RunFolderError if it is said to lie elsewhere.
 */
export function judgeScenario(...asked: Parameters<typeof judgements>): CheckOutcome[] {
  return [...judgements(...asked)].flat()
}

/** As `judgeScenario`, a check at a time: a large history takes long, and others wait while it is judged. */
export function* judgements(
  events: readonly RunEvent[],
  scenario: number,
  folder: string,
  limits?: Record<string, Record<string, unknown>>,
): Generator<CheckOutcome[]> {
  const known = eventsBeforeJudging(scenarioEvents(events, scenario))
  const started = known.find((event) => event.type === 'scenario-started')
  const limitsBySubject = Object.entries(limits ?? started?.checks ?? {})
  if (started === undefined || limitsBySubject.length === 0) return
  const facts = runFacts(scenarioResults(known))
  const historyOf = (workload: string) => {
    const file = historyFile(known, workload)
    return file === undefined ? undefined : readHistory(placeInside(folder, file))
  }
  for (const [on, limits] of limitsBySubject) {
    const history = on === FAILOVER ? undefined : historyOf(on)
    if (on === FAILOVER) yield judgeFailovers(limits, facts)
    else if (history === undefined) yield Object.keys(limits).map((name) => withoutHistory(on, name))
    else yield* workloadJudgements({ on, limits, history, facts, others: historyOf })
  }
}

/** Histories of a run, as paths within its folder. */
export function historyFiles(events: readonly RunEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'history-saved' ? [event.file] : []))
}

/** Where the history of a workload is, within the run's folder; undefined if it was never written to its end. */
export function historyFile(events: readonly ScenarioEvent[], workload: string): string | undefined {
  return events.filter((event) => event.type === 'history-saved').find((event) => event.workload === workload)?.file
}

/** A load that never came to an end shows nothing. */
function withoutHistory(on: string, name: string): CheckOutcome {
  const explanation = `There is no history of ${on}: its load did not come to an end.`
  return { on, name, verdict: 'not-evaluated', limit: '', value: 'nothing', samples: 0, explanation }
}

function eventsBeforeJudging(events: readonly ScenarioEvent[]): readonly ScenarioEvent[] {
  const end = events.findIndex(({ type }) => type === 'check-judged' || type === 'scenario-ended')
  return end < 0 ? events : events.slice(0, end)
}
