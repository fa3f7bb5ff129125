import { z } from 'zod'
import { formatDuration } from '../base/duration.ts'
import { poll } from '../base/poll.ts'
import { parseInfo } from '../cluster/node-report.ts'
import { ReplyError, Unreachable } from '../cluster/reply-errors.ts'
import { assertDebugCommand } from './debug-command.ts'
import { defineFault, type FaultStage, NotHealed, NotProven } from './fault.ts'
import { asHealing, ask, byNode, healableOf, healEach, wordsOf } from './reach.ts'

const stallSpec = z.object({ nodes: z.array(z.string()), timeMs: z.number() })

const stallMemo = z.object({
  /** Time that each server has spent in DEBUG commands by then, ms. */
  spentMs: z.record(z.string(), z.number()),
})

/** How long a server that is stalled is given to prove that it does not answer, ms. */
const SILENCE_MS = 150
/** How soon after the command the server must be silent, ms. */
const STALLED_WITHIN_MS = 1000
/** Beyond its time, how long a server may take to answer again, ms. */
const BACK_WITHIN_MS = 5000

/**
 * Servers that run and take connections, but whose event loop is blocked, so that they answer nobody. It passes by
 * itself.
 */
export const stall = defineFault({
  name: 'stall',
  spec: stallSpec,
  memo: stallMemo,
  lostByRestart: false,

  async remember({ nodes }, stage) {
    await assertDebugCommand(stage, nodes, 'SLEEP', 'a blocked event loop')
    return { spentMs: await byNode(nodes, (node) => spentInDebugMs(stage, node)) }
  },

  async apply({ nodes, spec }, stage) {
    await Promise.all(nodes.map((node) => putToSleep(stage, node, spec.timeMs)))
  },

  async prove({ nodes }, stage) {
    await Promise.all(nodes.map((node) => proveSilent(stage, node)))
    const states = await Promise.all(nodes.map(async (node) => `${node}: ${(await stage.servers.state(node)).text}`))
    return `${states.join(', ')}; no answer to PING`
  },

  async heal(fault, stage) {
    await healEach(fault, stage, (node) => untilAnswering(stage, node, fault.spec.timeMs + BACK_WITHIN_MS))
  },

  async proveHealed(fault, stage) {
    const { running, down } = await healableOf(fault, stage)
    const proofs = await Promise.all(
      running.map(async (node) => {
        const spentMs = (await asHealing(spentInDebugMs(stage, node))) - (fault.memo.spentMs[node] ?? 0)
        const counted = spentMs > 0 ? `, having been blocked for ${formatDuration(spentMs)} by its own count` : ''
        return `${node} answers again${counted}`
      }),
    )
    return [...proofs, ...down].join('; ')
  },
})

/**
 * Sends the command on a connection of its own, which nobody waits for: all others must stay free for what comes after.
 */
async function putToSleep(stage: FaultStage, node: string, timeMs: number): Promise<void> {
  const connection = stage.cluster.connect(node)
  try {
    await connection.call('PING')
  } catch (error) {
    connection.close()
    throw new NotProven(`${node} does not answer before it is stalled: ${wordsOf(error)}`)
  }
  connection
    .callWithin(timeMs + BACK_WITHIN_MS, 'DEBUG', 'SLEEP', String(timeMs / 1000))
    // What came of it is seen from outside: by silence, and by answers afterwards.
    .catch(() => undefined)
    .finally(() => connection.close())
}

async function proveSilent(stage: FaultStage, node: string): Promise<void> {
  const { clock, signal } = stage
  const { client } = stage.cluster.node(node)
  const look = async () => {
    try {
      await client.callWithin(SILENCE_MS, 'PING')
      return { ok: false, seen: 'it answers PING' }
    } catch (error) {
      const isSilent = error instanceof Unreachable && error.kind === 'timeout'
      return { ok: isSilent, seen: isSilent ? 'no answer' : wordsOf(error) }
    }
  }
  const result = await poll(look, { clock, signal, withinMs: STALLED_WITHIN_MS, everyMs: 10 })
  if (!result.ok) throw new NotProven(`${node} is not stalled: ${result.lastSeen}`)
}

async function untilAnswering(stage: FaultStage, node: string, withinMs: number): Promise<void> {
  const { clock, signal } = stage
  const { client } = stage.cluster.node(node)
  const look = async () => {
    try {
      await client.callWithin(SILENCE_MS, 'PING')
      return { ok: true, seen: 'it answers' }
    } catch (error) {
      // An error reply, as MISCONF, is an answer.
      return { ok: error instanceof ReplyError, seen: wordsOf(error) }
    }
  }
  const result = await poll(look, { clock, signal, withinMs, everyMs: 10 })
  if (result.ok) return
  throw new NotHealed(
    `${node} does not answer again ${formatDuration(result.elapsedMs)} after its stall was to be healed: ${result.lastSeen}`,
    `A restart of ${node} ends it.`,
  )
}

/** Counted by the server itself, in INFO commandstats. */
async function spentInDebugMs(stage: FaultStage, node: string): Promise<number> {
  const stats = parseInfo(String(await ask(stage, node, 'INFO', 'commandstats')))
  const calls = [...stats].filter(([name]) => /^cmdstat_debug(\||$)/.test(name))
  return calls.reduce((sum, [, text]) => sum + Number(/usec=(\d+)/.exec(text)?.[1] ?? 0), 0) / 1000
}
