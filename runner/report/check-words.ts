import { plural } from '../base/text.ts'
import type { CheckVerdict, Witness, WitnessOperation } from '../record/check-outcome.ts'
import type { CheckReport, ScenarioReport } from '../results/report-model.ts'
import type { Problem } from './problems.ts'

/** What a check is called: `lost_writes of checkout: 0`. */
export function checkName({ on, name, limit }: CheckReport): string {
  return `${name} of ${on}${limit === '' ? '' : `: ${limit}`}`
}

/** Checks that kept a scenario from passing, as problems. */
export function problemsOfChecks(scenario: ScenarioReport): Problem[] {
  return scenario.checks.filter(({ verdict }) => verdict !== 'passed').map((check) => problemOf(check, scenario))
}

function problemOf(check: CheckReport, scenario: ScenarioReport): Problem {
  return {
    verdict: weightOf(check.verdict),
    title: `${scenario.id}, check ${checkName(check)}`,
    reason: check.explanation,
    facts: [
      { label: 'found', text: check.value },
      { label: 'judged by', text: plural(check.samples, 'sample') },
    ],
    details: [...(check.details ?? []), ...witnessLines(check.witness)],
    ...(check.verdict === 'not-evaluated' && {
      hint: 'A check without samples fails: see that its workload does what it asks for, in the phase that it names.',
    }),
    scenario,
    check,
    place: scenario.file,
  }
}

/** A check that nothing was judged by fails. */
function weightOf(verdict: CheckVerdict): Problem['verdict'] {
  return verdict === 'inconclusive' ? 'inconclusive' : 'failed'
}

/** The operations of a witness, a line each. */
export function witnessLines(witness: Witness | undefined): string[] {
  if (!witness) return []
  const more = witness.more === undefined || witness.more === 0 ? [] : [`and ${witness.more} more like these`]
  return [witness.title, ...witness.operations.map(operationText), ...more]
}

/** `1204.1–1207.9 ms, client 3: write 17 to load:checkout:4, ok on redis-node2`. */
function operationText({ client, text, key, startMs, endMs, outcome, node, phase }: WitnessOperation): string {
  const end = endMs === undefined ? 'no end' : `${endMs.toFixed(1)} ms`
  const where = node === undefined ? '' : ` on ${node}`
  const when = phase === undefined ? '' : `, in ${phase}`
  return `${startMs.toFixed(1)}–${end}, client ${client}: ${text} of ${key}, ${outcome}${where}${when}`
}
