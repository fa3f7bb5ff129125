import type { FromOutside } from './planted-run.ts'

/** A fault that somebody else brings about in a run, and how the audit tells of it. */
export interface ServerPlant {
  name: string
  /** Scenarios of the library by name, or files. */
  scenarios: readonly string[]
  /** Default: the default of the catalogue. */
  server?: string
  outside: FromOutside
  /** The rule that must find it. */
  rule: string
  /** What its finding says. */
  says: RegExp
  /** Other rules that may find what follows from it. */
  also?: readonly string[]
}
