import { EXIT, type ExitCode } from './exit.ts'

export interface ErrorDetails {
  /** What the user can do next. */
  hint?: string | undefined
  cause?: unknown
}

/**
 * The base of all errors that are told to people as they are. Any other error is a bug of the runner. A class says by
 * its fields what it comes to, so that neither the command line nor the engine knows the errors of other rooms.
 */
export class ChaosError extends Error {
  override name = 'ChaosError'
  readonly hint: string | undefined
  /** Of a command that ends with it. `bug`: only a step may meet it; elsewhere nobody was prepared for it. */
  readonly exitCode: ExitCode = EXIT.noVerdict
  /** Of a step that ends with it. */
  readonly stepVerdict: 'failed' | 'inconclusive' | 'error' | 'interrupted' = 'error'

  constructor(message: string, { hint, cause }: ErrorDetails = {}) {
    super(message, cause === undefined ? {} : { cause })
    this.hint = hint
  }
}

/**
 * What a step may meet while it plays, the cluster's doing or the scenario's: the step fails. Elsewhere it is a bug.
 */
export class PlayError extends ChaosError {
  override name = 'PlayError'
  override readonly exitCode: ExitCode = EXIT.bug
  override readonly stepVerdict: ChaosError['stepVerdict'] = 'failed'
}

/** The command line is wrong, or names something that is not there. Nothing was touched. */
export class UsageError extends ChaosError {
  override name = 'UsageError'
  override readonly exitCode = EXIT.usage
}

/** Whether an error, outside the steps of a scenario, is told to people as it is; any other is a bug of the runner. */
export function isExpected(error: unknown): error is ChaosError {
  return error instanceof ChaosError && error.exitCode !== EXIT.bug
}

/** What was thrown, in words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The system's code of an error, as `ENOENT`; undefined for what the system did not say. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

export const BUG_HINT = 'Run it again with --debug for the stack trace, and report it.'

/** An error that nobody was prepared for, as people are told of it. */
export function describeBug(error: unknown): string {
  return `a bug of redis-chaos: ${messageOf(error)}`
}
