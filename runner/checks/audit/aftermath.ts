import type { AdministeredFact, AuditFacts } from '../../results/audit-facts.ts'

/** How long after a command or a fault a change may still be its doing, ms: nodes tell each other within seconds. */
const AFTERMATH_MS = 10_000

/** Whether what was seen at `atMs` may be the doing of a command: of one sent under a fault, until that is over. */
export function mayBeDoingOf({ run }: Pick<AuditFacts, 'run'>, command: AdministeredFact, atMs: number): boolean {
  if (command.startMs > atMs) return false
  const held = run.faults.filter(
    ({ startMs, endMs }) => startMs <= command.endMs + AFTERMATH_MS && endMs >= command.startMs,
  )
  return atMs <= Math.max(command.endMs, ...held.map(({ endMs }) => endMs)) + AFTERMATH_MS
}

/** Whether a fault was active at `atMs`, or so shortly before that what was seen then may be its doing. */
export function isUnderFault({ run }: Pick<AuditFacts, 'run'>, atMs: number): boolean {
  return run.faults.some(({ startMs, endMs }) => startMs <= atMs && atMs <= endMs + AFTERMATH_MS)
}
