import type { Clock } from '../base/clock.ts'
import { formatDuration } from '../base/duration.ts'
import { messageOf } from '../base/errors.ts'
import { plural } from '../base/text.ts'
import type { LiveCluster, LiveNode } from './live-cluster.ts'
import { isIndeterminate } from './reply-errors.ts'

/** One CLUSTER FAILOVER that was sent. */
export interface FailoverTry {
  /** ms from the start. */
  atMs: number
  /** `OK` (it was scheduled, no more), the server's error, or why there was no answer. */
  reply: string
}

/** The node did not become master. `tries` holds every try and its reply. */
export class FailoverError extends Error {
  override name = 'FailoverError'
  readonly tries: FailoverTry[]
  constructor(message: string, tries: FailoverTry[]) {
    super(message)
    this.tries = tries
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
  onTry?: (made: FailoverTry) => void
}

/** A scheduled manual failover is given up by the server after this time (cluster.c, CLUSTER_MF_TIMEOUT, Redis 7.0). */
const GIVES_UP_AFTER_MS = 5000

/** Short, so that a promotion is noticed within 20 ms. */
const ROLE_EVERY_MS = 5

/** Pause after a try that was refused, before the next one. */
const TRY_AGAIN_AFTER_MS = 250

const ROLE_TIMEOUT_MS = 1000

/**
 * Makes a replica the master of its shard with CLUSTER FAILOVER. The server's OK means only that the failover is
 * scheduled, so the node's role is polled until it is master; after a refusal, or when the server has given up, it is
 * tried again until `withinMs` is over (masters vote only once in 2 × node-timeout for the same shard). Throws
 * FailoverError: the node is a master already, or was not promoted in time.
 */
export async function failOver(
  cluster: LiveCluster,
  nodeName: string,
  options: FailoverOptions,
): Promise<{ tries: FailoverTry[]; tookMs: number }> {
  const { clock, signal, withinMs } = options
  const node = cluster.node(nodeName)
  const startMs = clock.nowMs()
  const elapsedMs = () => clock.nowMs() - startMs
  const tries: FailoverTry[] = []
  let refused = true
  let role = await askRole(node)
  while (!isKnown(role) && elapsedMs() < withinMs) {
    await clock.sleep(ROLE_EVERY_MS, signal)
    role = await askRole(node)
  }
  if (role === 'master')
    throw new FailoverError(`${nodeName} is a master already: there is nothing to fail over`, tries)
  while (elapsedMs() < withinMs) {
    signal?.throwIfAborted()
    const answer = await sendFailover(node, options.mode)
    const made = { atMs: elapsedMs(), reply: answer.reply }
    refused &&= answer.refused
    tries.push(made)
    options.onTry?.(made)
    const untilMs = Math.min(withinMs, elapsedMs() + (made.reply === 'OK' ? GIVES_UP_AFTER_MS : TRY_AGAIN_AFTER_MS))
    do {
      role = await askRole(node)
      const tookMs = elapsedMs()
      if (role === 'master' && tookMs <= withinMs) {
        if (!refused) return { tries, tookMs }
        throw new FailoverError(
          `${nodeName} is a master now, but by an ordinary election: every ${failoverCommand(options.mode).join(' ')} was refused; ${describeReplies(tries)}`,
          tries,
        )
      }
      await clock.sleep(ROLE_EVERY_MS, signal)
    } while (elapsedMs() < untilMs)
  }
  throw new FailoverError(
    `${nodeName} did not become master within ${formatDuration(withinMs)}: it was last seen as ${role}, ` +
      `after ${plural(tries.length, 'try', 'tries')} of ${failoverCommand(options.mode).join(' ')}; ${describeReplies(tries)}`,
    tries,
  )
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
export function describeReplies(tries: readonly FailoverTry[]): string {
  const runs: { reply: string; times: number }[] = []
  for (const { reply } of tries) {
    const last = runs.at(-1)
    if (last?.reply === reply) last.times += 1
    else runs.push({ reply, times: 1 })
  }
  const words = runs.map(({ reply, times }) => (times === 1 ? `"${reply}"` : `"${reply}" (${times} times)`))
  return words.length === 0 ? 'no try was made' : `the replies were ${words.join(', then ')}`
}
