import type { AuditOutcome } from '../record/audit-outcome.ts'
import type { CheckOutcome } from '../record/check-outcome.ts'
import type { ScenarioVerdict, StepVerdict } from '../record/events.ts'
import { describeFailure, type MustFail } from '../record/twin.ts'
import { writtenPath } from './step-path.ts'
import { verdictOfAudit } from './verdict.ts'

/** What was seen of a twin. */
export interface TwinSeen {
  steps: readonly { path: string; verdict: StepVerdict }[]
  checks: readonly Pick<CheckOutcome, 'on' | 'name' | 'verdict'>[]
  audit?: AuditOutcome | undefined
}

interface Ended {
  verdict: ScenarioVerdict
  reason?: string
  hint?: string
}

/**
 * What a twin's verdict is, from how its play ended: passed where it failed at the place that it names, failed where it
 * passed or failed at another. What came to no verdict stays without one.
 */
export function twinResult(ended: Ended, twin: MustFail, seen: TwinSeen): Ended {
  const place = describeFailure(twin.fails)
  if (ended.verdict === 'passed')
    return { verdict: 'failed', reason: `it passed, and had to fail at ${place}: ${twin.because}` }
  if (ended.verdict !== 'failed') return ended
  if (failedThere(twin, seen)) return { verdict: 'passed', reason: `failed as it should, at ${place}` }
  return {
    ...ended,
    reason: `it had to fail at ${place}, and failed elsewhere: ${ended.reason ?? 'no reason was recorded'}`,
  }
}

/**
 * Whether what failed first is what the twin names: steps come before checks, and checks before the audit. A step fails
 * with what fails inside it.
 */
export function failedThere({ fails }: MustFail, { steps, checks, audit }: TwinSeen): boolean {
  const broken = steps.filter(({ verdict }) => verdict === 'failed').map(({ path }) => writtenPath(path))
  if ('step' in fails) {
    const ofSteps = broken.filter((path) => !path.startsWith('f'))
    return (ofSteps.length > 0 ? ofSteps : broken).includes(fails.path)
  }
  if (broken.length > 0) return false
  const broke = checks.filter(({ verdict }) => verdict === 'failed')
  if ('check' in fails) return broke.some(({ on, name }) => on === fails.of && name === fails.check)
  if (broke.length > 0) return false
  return verdictOfAudit(audit?.rules.filter(({ rule }) => rule === fails.audit) ?? []) === 'failed'
}
