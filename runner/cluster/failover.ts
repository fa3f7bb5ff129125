import type { Clock } from '../base/clock.ts'
import { formatDuration } from '../base/duration.ts'
import { messageOf } from '../base/errors.ts'
import { plural } from '../base/text.ts'
import { type Handover, handoverOf, standingOf } from './failover-agreement.ts'
import type { LiveCluster, LiveNode } from './live-cluster.ts'
import { askManualTimeoutMs } from './manual-timeout.ts'
import { isIndeterminate } from './reply-errors.ts'

/** One CLUSTER FAILOVER that was sent. */
export interface FailoverTry {
  /** ms from the start. */
  atMs: number
  /** `OK` (it was scheduled, no more), the server's error, or why there was no answer. */
  reply: string
  /** What became of one that was not refused, when it did not last: `given up after 5.00 s`. */
  fate?: { kind: 'given up' | 'undone'; text: string }
}

/** The node did not become master, or not for good. `tries` holds every try and its reply. */
export class FailoverError extends Error {
  override name = 'FailoverError'
  readonly tries: FailoverTry[]
  /** What to do about it, where that is known. */
  readonly hint: string | undefined
  constructor(message: string, tries: FailoverTry[], hint?: string) {
    super(message)
    this.tries = tries
    this.hint = hint
  }
}

export interface FailoverOptions {
  /** `force`: without the master's help. `takeover`: without the votes of the other masters either. */
  mode: 'default' | 'force' | 'takeover'
  clock: Clock
  /** Aborting rejects with its reason. */
  signal?: AbortSignal
  /** Limit for the whole failover, its repetitions included, in ms. */
  withinMs: number
  /** Links from the new master to these nodes are cut on purpose: they need not agree. */
  isCutOff?: (node: string) => boolean
  /** Called with what each try said, and with what became of it. */
  progress?: (text: string) => void
}

/** Short, so that a promotion is noticed within 20 ms. */
const ROLE_EVERY_MS = 5

/**
 * Pause after a try that was refused or given up, before the next one. Servers look every 100 ms whether a manual
 * failover is over; a request that comes before that makes the master's pause last on, and until 6.2 the pause holds up
 * the link of a replica that is only coming (clusterCron, cluster.c, and processInputBuffer, networking.c, Redis 6.0).
 */
const TRY_AGAIN_AFTER_MS = 250

/**
 * Pause after a promotion that was undone: each one takes writes from the shard for a moment. What undoes it may last
 * until the votes of the election before are forgotten, 4 × node-timeout after it (cluster.c, Redis 7.0).
 */
const UNDONE_AGAIN_AFTER_MS = 1000

const ROLE_TIMEOUT_MS = 1000

/** What is known while a failover is under way. */
interface Attempt {
  cluster: LiveCluster
  node: LiveNode
  options: FailoverOptions
  handover: Handover
  elapsedMs: () => number
  /** The server gives up what it scheduled after this time. */
  givesUpAfterMs: number
}

/** How one try ended; times are ms from the start of the first. */
type TryEnd =
  | { promotedMs: number; agreedMs: number; agreement: string }
  | { lastSeen: string; fate?: FailoverTry['fate'] }

/** The node is master since `tookMs`, and the others agree since `agreedMs`; both in ms from the start. */
interface FailoverDone {
  tries: FailoverTry[]
  tookMs: number
  agreedMs: number
  /** Who agrees, in words. */
  agreement: string
}

/**
 * Makes a replica the master of its shard with CLUSTER FAILOVER. The server's OK means only that the failover is
 * scheduled, and a node that calls itself master may be demoted at once: it is done when the other nodes agree (see
 * `standingOf`). After a refusal, or when it was given up or undone, it is tried again until `withinMs` is over
 * (masters vote only once in 2 × node-timeout for the same shard). Throws FailoverError: the node is a master already,
 * or was not promoted in time.
 */
export async function failOver(
  cluster: LiveCluster,
  nodeName: string,
  options: FailoverOptions,
): Promise<FailoverDone> {
  const { clock, signal, withinMs, isCutOff = () => false, progress = () => undefined } = options
  const node = cluster.node(nodeName)
  const startMs = clock.ranMs()
  const elapsedMs = () => clock.ranMs() - startMs
  const tries: FailoverTry[] = []
  let refused = true
  let lastSeen = await roleOnceKnown(node, options, elapsedMs)
  if (lastSeen === 'master')
    throw new FailoverError(`${nodeName} is a master already: there is nothing to fail over`, tries)
  const handover = await handoverOf(cluster, nodeName, isCutOff)
  const givesUpAfterMs = await askManualTimeoutMs(node.client)
  const attempt = { cluster, node, options, elapsedMs, handover, givesUpAfterMs }
  const command = failoverCommand(options.mode).join(' ')
  while (elapsedMs() < withinMs) {
    signal?.throwIfAborted()
    const answer = await sendFailover(node, options.mode)
    const made: FailoverTry = { atMs: elapsedMs(), reply: answer.reply }
    refused &&= answer.refused
    tries.push(made)
    progress(`${command} on ${nodeName}: ${made.reply}`)
    const end = await endOfTry(made, attempt)
    if ('agreement' in end) {
      if (!refused) return { tries, tookMs: end.promotedMs, agreedMs: end.agreedMs, agreement: end.agreement }
      throw new FailoverError(
        `${nodeName} is a master now, but by an ordinary election: every ${command} was refused; ${describeTries(tries)}`,
        tries,
      )
    }
    lastSeen = end.lastSeen
    if (end.fate) {
      made.fate = end.fate
      progress(`${command} on ${nodeName}: ${end.fate.text}`)
      await clock.sleep(end.fate.kind === 'undone' ? UNDONE_AGAIN_AFTER_MS : TRY_AGAIN_AFTER_MS, signal)
    }
  }
  throw new FailoverError(
    `${nodeName} did not become master within ${formatDuration(withinMs)}: it was last seen as ${lastSeen}, ` +
      `after ${plural(tries.length, 'try', 'tries')} of ${command}; ${describeTries(tries)}`,
    tries,
    openHint(tries, withinMs, givesUpAfterMs),
  )
}

/** Of a last try that was neither refused nor over when the time was: it ends before another begins. */
function openHint(tries: readonly FailoverTry[], withinMs: number, givesUpAfterMs: number): string | undefined {
  const last = tries.at(-1)
  if (last?.reply !== 'OK' || last.fate !== undefined) return undefined
  const enough = `${Math.ceil((withinMs + givesUpAfterMs) / 5000) * 5}s`
  return (
    `The last try was still open: a server gives up an accepted CLUSTER FAILOVER after ${formatDuration(givesUpAfterMs)}, and only then it is tried again. ` +
    `\`within: ${enough}\` leaves time for another.`
  )
}

/** The node's role, asked until it is known or the time is over. */
async function roleOnceKnown(
  node: LiveNode,
  { clock, signal, withinMs }: FailoverOptions,
  elapsedMs: () => number,
): Promise<string> {
  let role = await askRole(node)
  while (!isKnown(role) && elapsedMs() < withinMs) {
    await clock.sleep(ROLE_EVERY_MS, signal)
    role = await askRole(node)
  }
  return role
}

/** Watches the node until others agree that it is master, it is demoted, or this try is over. */
async function endOfTry(made: FailoverTry, attempt: Attempt): Promise<TryEnd> {
  const { node, options, elapsedMs, givesUpAfterMs } = attempt
  const { clock, signal, withinMs } = options
  const accepted = made.reply === 'OK'
  const giveUpMs = elapsedMs() + (accepted ? givesUpAfterMs : TRY_AGAIN_AFTER_MS)
  let lastSeen: string
  do {
    lastSeen = await askRole(node)
    if (lastSeen === 'master' && elapsedMs() <= withinMs) return await agreementOnMaster(attempt)
    await clock.sleep(ROLE_EVERY_MS, signal)
  } while (elapsedMs() < Math.min(withinMs, giveUpMs))
  const afterMs = elapsedMs() - made.atMs
  const isGivenUp = accepted && elapsedMs() >= giveUpMs
  return isGivenUp
    ? { lastSeen, fate: { kind: 'given up', text: `accepted, and given up after ${formatDuration(afterMs)}` } }
    : { lastSeen }
}

/** The node calls itself master: waits until the others agree, or until it no longer does. */
async function agreementOnMaster({ cluster, options, handover, elapsedMs }: Attempt): Promise<TryEnd> {
  const { clock, signal, withinMs } = options
  const promotedMs = elapsedMs()
  for (;;) {
    const standing = standingOf(await cluster.look(), handover)
    const nowMs = elapsedMs()
    if (standing.state === 'demoted') {
      const text = `undone: a replica again after ${formatDuration(nowMs - promotedMs)}, by ${standing.by}`
      return { lastSeen: 'replica', fate: { kind: 'undone', text } }
    }
    if (standing.state === 'agreed' && nowMs <= withinMs) {
      return { promotedMs, agreedMs: nowMs, agreement: standing.seen }
    }
    if (nowMs >= withinMs) return { lastSeen: `a master by its own word alone (${standing.seen})` }
    await clock.sleep(ROLE_EVERY_MS, signal)
  }
}

/** What became of one CLUSTER FAILOVER. Without an answer it may have been taken: only an error reply is a refusal. */
async function sendFailover(
  node: LiveNode,
  mode: FailoverOptions['mode'],
): Promise<{ reply: string; refused: boolean }> {
  try {
    return { reply: String(await node.client.call(...failoverCommand(mode))), refused: false }
  } catch (error) {
    return { reply: messageOf(error), refused: !isIndeterminate(error) }
  }
}

function failoverCommand(mode: FailoverOptions['mode']): [string, ...string[]] {
  return mode === 'default' ? ['CLUSTER', 'FAILOVER'] : ['CLUSTER', 'FAILOVER', mode.toUpperCase()]
}

function isKnown(role: string): boolean {
  return role === 'master' || role === 'replica'
}

/** `master`, `replica`, or why it is not known. */
async function askRole(node: LiveNode): Promise<string> {
  try {
    const reply = await node.client.callWithin(ROLE_TIMEOUT_MS, 'ROLE')
    const role = Array.isArray(reply) ? String(reply[0]) : 'unknown'
    return role === 'slave' ? 'replica' : role
  } catch (error) {
    return `unreachable (${messageOf(error)})`
  }
}

/** Equal replies in a row once, with their number. */
export function describeTries(tries: readonly FailoverTry[]): string {
  const runs: { reply: string; fate?: FailoverTry['fate']; times: number }[] = []
  for (const { reply, fate } of tries) {
    const last = runs.at(-1)
    if (last?.reply === reply && last.fate?.kind === fate?.kind) last.times += 1
    else runs.push({ reply, times: 1, ...(fate ? { fate } : {}) })
  }
  const words = runs.map(({ reply, fate, times }) => {
    const what = fate ? `"${reply}" (${fate.text})` : `"${reply}"`
    return times === 1 ? what : `${what} (${times} times)`
  })
  return words.length === 0 ? 'no try was made' : `the replies were ${words.join(', then ')}`
}
