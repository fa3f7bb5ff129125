import { z } from 'zod'
import type { CheckOutcome } from '../../record/check-outcome.ts'
import type { ScenarioEvent } from '../../record/events.ts'
import { readHistory } from '../../record/history-reader.ts'
import { placeInside } from '../../record/run-files.ts'
import type { WorkloadFact } from '../../results/audit-facts.ts'
import type { RunFacts } from '../../results/run-facts.ts'
import { Evidence } from '../evidence.ts'
import { cannotAnswer, checkNamed, judgeWorkload } from '../index.ts'
import { duringKey } from '../limits.ts'

/** The checks that say of an acknowledged operation that it is gone, by the workloads that can answer them. */
const OF_LOSSES = ['lost_writes', 'lost_messages']

/**
 * What the histories of a scenario's workloads show that none of its checks asks for. `events` are those of the
 * scenario; histories lie in `folder`. Throws HistoryError if one cannot be read,
 * RunFolderError if it is said to lie elsewhere.
 */
export function workloadFacts(events: readonly ScenarioEvent[], facts: RunFacts, folder: string): WorkloadFact[] {
  const asked = events.find((event) => event.type === 'scenario-started')?.checks ?? {}
  return events.flatMap((event) =>
    event.type === 'history-saved'
      ? [factOf(event.workload, placeInside(folder, event.file), asked[event.workload] ?? {}, facts)]
      : [],
  )
}

function factOf(name: string, file: string, asked: Readonly<Record<string, unknown>>, facts: RunFacts): WorkloadFact {
  const limits = OF_LOSSES.flatMap((check) => asked[check] ?? [])
  const phases = limits.map((limit) => oneLimit.safeParse(limit).data?.during)
  const outside = phases.filter((phase) => phase !== undefined)
  // A limit on the whole run is judged as a check.
  if (outside.length < phases.length) return { name }
  const history = readHistory(file)
  const able = OF_LOSSES.find((check) => {
    const known = checkNamed(check)
    return known !== undefined && cannotAnswer(known, history.type) === undefined
  })
  const [outcome] =
    able === undefined ? [] : judgeWorkload({ on: name, limits: { [able]: 0 }, history, facts, except: outside })
  // Whoever checks a workload is told there that its load was starved.
  const starved = Object.keys(asked).length > 0 ? undefined : new Evidence(history, facts).starved
  return { name, ...(starved === undefined ? {} : { starved }), ...lossOf(outcome, outside) }
}

/** The phase that a limit is on, whatever else it says. */
const oneLimit = z.object({ during: duringKey })

function lossOf(outcome: CheckOutcome | undefined, outside: readonly string[]): Pick<WorkloadFact, 'loss'> {
  if (outcome?.verdict !== 'failed') return {}
  const { name: check, explanation, details = [] } = outcome
  return { loss: { check, explanation, details, ...(outside.length > 0 && { outside }) } }
}
