import { PlayError } from '../base/errors.ts'
import { REPLY_ERRORS } from '../record/history-codes.ts'
/** A server answered, with an error. `message` is the server's own text. */
export class ReplyError extends PlayError {
  override name = 'ReplyError'
  /** Name of the node that answered. */
  readonly node: string
  constructor(node: string, message: string) {
    super(message)
    this.node = node
  }
}

export type UnreachableKind = 'refused' | 'timeout' | 'closed' | 'reset'

/** A server gave no answer. */
export class Unreachable extends PlayError {
  override name = 'Unreachable'
  readonly node: string
  readonly kind: UnreachableKind
  /** True when bytes of the command may have reached the server: it may or may not have been carried out. */
  readonly indeterminate: boolean
  /** Why, without the node's name: `connection refused`. */
  readonly reason: string
  constructor(options: {
    node: string
    address: string
    kind: UnreachableKind
    indeterminate: boolean
    reason: string
  }) {
    super(`${options.node} (${options.address}) did not answer: ${options.reason}`)
    this.node = options.node
    this.kind = options.kind
    this.indeterminate = options.indeterminate
    this.reason = options.reason
  }
}

export type ErrorClass = (typeof REPLY_ERRORS)[number] | 'refused' | 'timeout' | 'closed' | 'other'

/** What kind of failure an error is. All but `timeout` and `closed` are definite: the command was not carried out. */
export function errorClass(error: unknown): ErrorClass {
  if (error instanceof Unreachable) return error.kind === 'reset' ? 'closed' : error.kind
  const word = error instanceof Error ? error.message.split(' ', 1)[0] : undefined
  return REPLY_ERRORS.find((known) => known === word) ?? 'other'
}

/** Why a command came to nothing: what its server refused, or that it gave no answer. */
export function failureOf(node: string, command: string, error: Error): string {
  return error instanceof Unreachable
    ? `${command} came to nothing: ${error.message}`
    : `${node} refused ${command}: ${error.message}`
}

/** True when the command may have been carried out although no answer came. */
export function isIndeterminate(error: unknown): boolean {
  return error instanceof Unreachable && error.indeterminate
}

/**
 * Where a MOVED reply points: `MOVED 3999 localhost:7014`. An empty host (`MOVED 3999 :7014`) means the host that was
 * asked. Undefined if the error is not a MOVED.
 */
export function parseMoved(error: unknown): { slot: number; host: string; port: number } | undefined {
  const match = error instanceof Error ? /^MOVED (\d+) (.*):(\d+)$/.exec(error.message) : null
  return match ? { slot: Number(match[1]), host: match[2] ?? '', port: Number(match[3]) } : undefined
}

/**
 * Where an ASK reply points, for this one command and after ASKING (`ASK 3999 localhost:7014`); an empty host as in
 * `parseMoved`. Undefined if the error is not an ASK.
 */
export function parseAsk(error: unknown): { host: string; port: number } | undefined {
  const match = error instanceof Error ? /^ASK \d+ (.*):(\d+)$/.exec(error.message) : null
  return match ? { host: match[1] ?? '', port: Number(match[2]) } : undefined
}
