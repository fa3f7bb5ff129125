/** Where a twin of a scenario must fail: at a step, at a check, or at a rule of the audit. */
export type TwinFailure =
  /** `path`: the step's, in the twin. */
  { step: string; path: string } | { check: string; of: string } | { audit: string }

/** What makes a scenario a twin: another one with something changed, under which it must fail, and where. */
export interface MustFail {
  /** The scenario that it is a twin of, by its id. */
  of: string
  /** Which of its twins, from 1 on. */
  number: number
  /** Why it must fail, in one sentence. */
  because: string
  fails: TwinFailure
}

/** The place as people read it: `step "Its replica takes over"`. */
export function describeFailure(fails: TwinFailure): string {
  if ('step' in fails) return `step "${fails.step}"`
  return 'check' in fails ? `check ${fails.check} of ${fails.of}` : `the audit's ${fails.audit}`
}
