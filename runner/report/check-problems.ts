import { plural } from '../base/text.ts'
import type { CheckVerdict, Witness, WitnessOperation } from '../record/check-outcome.ts'
import type { CheckReport, ScenarioReport } from '../results/report-model.ts'
import type { Problem } from './problem.ts'

/** What a check is called: `lost_writes of checkout: 0`. */
export function checkName({ on, name, limit }: CheckReport): string {
  return `${name} of ${on}${limit === '' ? '' : `: ${limit}`}`
}

/** Checks that kept a scenario from passing, as problems; `name`: what it is called in their titles. */
export function problemsOfChecks(scenario: ScenarioReport, name: string): Problem[] {
  return scenario.checks.filter(({ verdict }) => verdict !== 'passed').map((check) => problemOf(scenario, name, check))
}

function problemOf(scenario: ScenarioReport, name: string, check: CheckReport): Problem {
  return {
    verdict: weightOf(check.verdict),
    title: `${name}, check ${check.verdict === 'inconclusive' ? undecidedName(check) : checkName(check)}`,
    reason: check.doubt ?? check.explanation,
    evidence: [
      ...(check.limit === '' ? [] : [{ label: 'expected', text: check.limit }]),
      { label: 'found', text: check.doubt === undefined ? check.value : `${check.value}, which decides nothing` },
    ],
    facts: [{ label: 'judged by', text: plural(check.samples, 'sample') }],
    details: [...beside(check), ...(check.details ?? []), ...witnessLines(check.witness)],
    ...(check.verdict === 'not-evaluated' && {
      hint:
        check.on === 'failover'
          ? 'A check without samples fails: see that a step brings about such a failover.'
          : 'A check without samples fails: see that its workload does what it asks for, in the phase that it names.',
    }),
    scenario,
    check,
    place: scenario.file,
  }
}

/** Beside its verdict a limit reads as if it had been kept. */
function undecidedName({ on, name, doubt }: CheckReport): string {
  return `${name} of ${on}: ${doubt === undefined ? 'not decided' : 'too little to judge by'}`
}

/** What was found, where the reason is why that decides nothing. */
function beside({ doubt, explanation }: CheckReport): string[] {
  return doubt === undefined ? [] : [explanation.replace(` Yet ${doubt}.`, '')]
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
