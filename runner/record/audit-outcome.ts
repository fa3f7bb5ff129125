/**
 * How a rule of the audit counts: `warned` under `--audit warn`, where findings change no verdict; `not-evaluated`
 * where there was nothing to look at.
 */
export type AuditVerdict = 'passed' | 'failed' | 'inconclusive' | 'warned' | 'not-evaluated'

/** What the scenario says of a finding beforehand. */
type AuditPardon = 'expected' | 'allowed'

/** A rule's findings on these nodes (on all, if none are named) are expected, and must be found; or allowed. */
export interface AuditPardonFor {
  nodes?: string[]
  pardon: AuditPardon
}

/** One thing that nobody asked for. */
export interface AuditFinding {
  /** One sentence: what happened, where and when. */
  text: string
  nodes: string[]
  /** When, ms from the scenario's start. */
  atMs?: number
  /** More lines: the head of a crash report, keys, … */
  details?: string[]
  /** What to do next. */
  hint?: string
  /** It says nothing of the servers: a verdict cannot be trusted because of it. */
  inconclusive?: boolean
  /** Somebody else had a hand in the run, or what carried its load is broken: nothing that was found beside it can be blamed on the servers. */
  voids?: true
  /** The scenario says that this may happen, or must. */
  pardon?: AuditPardon
}

/** What one rule of the audit found. */
export interface AuditRuleOutcome {
  /** As it stands under `audit:`: `crash`. */
  rule: string
  /** What holds where nothing was found, one sentence. */
  sentence: string
  verdict: AuditVerdict
  /** What the rule was judged by: `6 servers, 4112 log lines`. */
  lookedAt: string
  findings: AuditFinding[]
}

/** What an audit goes by besides what was seen: with it a stored run can be audited again. */
export interface AuditTerms {
  /** What the scenario says of findings beforehand, by rule. */
  pardons: Record<string, AuditPardonFor[]>
  /** Findings change no verdict. */
  warnOnly: boolean
  /** The nodes that each `$name` of the scenario stood for at its end. */
  named: Record<string, string[]>
}

/** What the audit of a scenario found, rule by rule. */
export interface AuditOutcome {
  rules: AuditRuleOutcome[]
}
