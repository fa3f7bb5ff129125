/**
 * The numbers that a history is made of. A client that carries out a hundred thousand operations a second can afford a
 * few stores into typed arrays for each, and no object: so functions, outcomes and values are small integers.
 */

export const WORKLOAD_TYPES = ['register', 'cas', 'counter', 'set', 'list', 'transaction', 'pubsub', 'expiry'] as const

export type WorkloadType = (typeof WORKLOAD_TYPES)[number]

const FUNCTIONS = ['read', 'write', 'cas', 'add', 'push', 'publish', 'deliver', 'subscribe', 'unsubscribe'] as const

export type FunctionName = (typeof FUNCTIONS)[number]

/**
 * What an operation does. `a` and `b` are its arguments, `r` its result:
 *
 * | function | workload | a | b | r |
 * |---|---|---|---|---|
 * | read | register, cas, counter, expiry | | | the value, or NIL |
 * | read | set, list, transaction | | | a list (`HistoryWriter.list`): members; elements in order; the value of each
 * key of the group |
 * | write | register, cas | the value, unique in its key | | |
 * | write | transaction | the value, unique, that every key of the group gets | | |
 * | write | expiry | the value, unique in its key | TTL in ms; NIL: none | |
 * | cas | cas | the new value, unique in its key | the value expected, or NIL | the value before, or UNKNOWN where the
 * server does not tell; swapped or not stands in the outcome (`ok`, or `failed` as `mismatch`) |
 * | add | counter | the amount | | the value after, or UNKNOWN for all |
 * | add | set | the member, unique | | |
 * | push | list | the element, unique | | the length after, or UNKNOWN for all |
 * | publish | pubsub | the message, unique in its channel | | receivers on the node that answered, or UNKNOWN |
 * | deliver | pubsub | the message | | |
 * | subscribe, unsubscribe | pubsub | | | |
 *
 * The key of a transaction is its group of keys; that of pub/sub its channel.
 */
export const FN: Readonly<Record<FunctionName, number>> = codes(FUNCTIONS)

export function functionName(code: number): FunctionName {
  return FUNCTIONS[code] ?? 'read'
}

/** First words of error replies by which a server refuses a command: it was definitely not carried out. */
export const REPLY_ERRORS = [
  'MOVED',
  'ASK',
  'TRYAGAIN',
  'CLUSTERDOWN',
  'READONLY',
  'LOADING',
  'MASTERDOWN',
  'MISCONF',
  'NOREPLICAS',
] as const

const ERROR_CLASSES = [
  'ok',
  ...REPLY_ERRORS,
  'refused',
  'timeout',
  'closed',
  'other',
  /** Carried out by the master, but fewer replicas (WAIT) or disks (WAITAOF) than asked for had it in time. */
  'unreplicated',
  /** A compare-and-set that found another value, or a WATCH that saw a change: it was not carried out. */
  'mismatch',
  /** Not sent, for no client was free to send it: no error of the servers, and no evidence of anything. */
  'unsent',
  /** Still under way when the recording ended. */
  'unfinished',
  /** Not sent, for no node was known that serves its slot: an error of the cluster, as its clients meet it. */
  'unserved',
  /** Statuses by which an application refused an HTTP request, or failed to carry it out. */
  'HTTP 400',
  'HTTP 401',
  'HTTP 403',
  'HTTP 404',
  'HTTP 408',
  'HTTP 409',
  'HTTP 413',
  'HTTP 429',
  'HTTP 500',
  'HTTP 501',
  'HTTP 502',
  'HTTP 503',
  'HTTP 504',
  /** All others: what asks for something else (3xx), what refuses (4xx), what fails (5xx). */
  'HTTP 3xx',
  'HTTP 4xx',
  'HTTP 5xx',
] as const

export type OutcomeClass = (typeof ERROR_CLASSES)[number]
export type FailureClass = Exclude<OutcomeClass, 'ok'>

/** Those by which an operation can fail, or be left without an answer, as limits name them. */
export const LIMIT_CLASSES: readonly OutcomeClass[] = ERROR_CLASSES.filter(
  (name) => name !== 'ok' && name !== 'mismatch' && name !== 'unsent',
)

/**
 * Outcomes of operations that were served: also a compare-and-set that did not match, and a write that too few replicas
 * confirmed.
 */
export const SERVED_CLASSES: ReadonlySet<OutcomeClass> = new Set<OutcomeClass>(['ok', 'mismatch', 'unreplicated'])

const CLASS_CODE: Readonly<Record<OutcomeClass, number>> = codes(ERROR_CLASSES)
const INDETERMINATE = 0x80

export const OUTCOME_OK = 0

/**
 * The outcome of an operation or an attempt as one byte. Indeterminate: it may or may not have been carried out, then
 * or at any later time. Otherwise it was definitely not.
 */
export function outcomeCode(failure: FailureClass, indeterminate: boolean): number {
  return CLASS_CODE[failure] | (indeterminate ? INDETERMINATE : 0)
}

export function isIndeterminateCode(outcome: number): boolean {
  return (outcome & INDETERMINATE) !== 0
}

export function outcomeClass(outcome: number): OutcomeClass {
  return ERROR_CLASSES[outcome & ~INDETERMINATE] ?? 'other'
}

/** The class of a status that is none of success. */
export function statusClass(status: number): FailureClass {
  const known = ERROR_CLASSES.find((name) => name === `HTTP ${status}`)
  return (known as FailureClass | undefined) ?? HUNDREDS[Math.floor(status / 100)] ?? 'other'
}

const HUNDREDS: Readonly<Record<number, FailureClass>> = { 3: 'HTTP 3xx', 4: 'HTTP 4xx', 5: 'HTTP 5xx' }

/** No value: the key was missing. */
export const NIL = -0x8000_0000
/** Nothing is known of the value. */
export const UNKNOWN = NIL + 1
/** How many texts that are no integer a history can tell apart. */
export const MAX_TEXTS = 0x10_0000
const FIRST_TEXT = NIL + 2
/** The integers a history can hold. */
const MIN_INTEGER = FIRST_TEXT + MAX_TEXTS
export const MAX_INTEGER = 0x7fff_ffff

/** The code of the `index`th text of a history. */
export function textCode(index: number): number {
  return FIRST_TEXT + index
}

/** Which text a value stands for; undefined if it is no text. */
export function textIndex(value: number): number | undefined {
  return value >= FIRST_TEXT && value < MIN_INTEGER ? value - FIRST_TEXT : undefined
}

/** The integer that a text spells as a server would, if a history can hold it. */
export function integerOf(text: string): number | undefined {
  const number = Number(text)
  const fits = Number.isInteger(number) && number >= MIN_INTEGER && number <= MAX_INTEGER
  return fits && String(number) === text ? number : undefined
}

/** No node: nothing was sent, or the client does not tell where. */
export const NO_NODE = 255
/** No phase had begun. */
export const NO_PHASE = 255

/** Bits of an operation's `flags`. */
export const FLAG = {
  /** Read back from the key's master after the run. */
  final: 1,
  /** Sent to a replica. */
  replica: 2,
} as const

function codes<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name, code) => [name, code])) as Record<Name, number>
}
