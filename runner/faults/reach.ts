import { formatDuration } from '../base/duration.ts'
import { messageOf } from '../base/errors.ts'
import { quoted } from '../base/shell-words.ts'
import { parseInfo } from '../cluster/node-report.ts'
import { Unreachable } from '../cluster/reply-errors.ts'
import { slotOfKey } from '../cluster/slots.ts'
import type { SlotRange } from '../cluster/view.ts'
import { type Fault, type FaultStage, NotHealed, NotProven } from './fault.ts'

/** How long a server that should answer is waited for, or asked again, ms: a method of a fault has 10 s. */
const HEARD_WITHIN_MS = 8000
const ASK_AGAIN_AFTER_MS = 50

/** What was found out of each node, by its name. */
export async function byNode<T>(
  nodes: readonly string[],
  find: (node: string) => Promise<T>,
): Promise<Record<string, T>> {
  return Object.fromEntries(await Promise.all(nodes.map(async (node) => [node, await find(node)] as const)))
}

/** Full synchronizations that the node has given since it started. */
export async function fullSyncs(stage: FaultStage, node: string): Promise<number> {
  return Number(parseInfo(String(await ask(stage, node, 'INFO', 'stats'))).get('sync_full') ?? 0)
}

/** The nodes of a fault that run now: a server that is down has lost the fault, or gets it when it starts. */
export async function runningOf({ nodes }: Pick<Fault, 'nodes'>, stage: FaultStage): Promise<string[]> {
  const states = await Promise.all(nodes.map(async (node) => ({ node, state: await stage.servers.state(node) })))
  return states.filter(({ state }) => state.status === 'running').map(({ node }) => node)
}

/**
 * The nodes of a fault that can be healed by asking their servers, and in words why the others need no healing. Throws
 * NotHealed for a paused one: it will go on with the fault.
 */
export async function healableOf(
  { nodes }: Pick<Fault, 'nodes'>,
  stage: FaultStage,
): Promise<{ running: string[]; down: string[] }> {
  const states = await Promise.all(nodes.map(async (node) => ({ node, state: await stage.servers.state(node) })))
  const paused = states.filter(({ state }) => state.status === 'paused').map(({ node }) => node)
  if (paused.length > 0) {
    throw new NotHealed(
      `${paused.join(', ')} cannot be asked while paused, and would go on with the fault`,
      'Unpause it and heal again.',
    )
  }
  return {
    running: states.filter(({ state }) => state.status === 'running').map(({ node }) => node),
    down: states
      .filter(({ state }) => state.status !== 'running')
      .map(({ node, state }) => `${node} is down (${state.text}) and starts without it`),
  }
}

/**
 * Heals a fault on all of its nodes at once. One that goes down meanwhile is free of it, and no failure. Throws
 * NotHealed.
 */
export async function healEach(
  fault: Pick<Fault, 'nodes'>,
  stage: FaultStage,
  heal: (node: string) => Promise<unknown>,
): Promise<void> {
  const { running } = await healableOf(fault, stage)
  await Promise.all(
    running.map(async (node) => {
      try {
        await heal(node)
      } catch (error) {
        if ((await stage.servers.state(node)).status !== 'stopped') throw error
      }
    }),
  )
}

/** Asks a server on behalf of a fault that is to bite. Throws NotProven when it refuses or does not answer. */
export async function ask(stage: FaultStage, node: string, ...words: [string, ...string[]]): Promise<unknown> {
  stage.signal.throwIfAborted()
  try {
    return await stage.cluster.node(node).client.callWithin(HEARD_WITHIN_MS, ...words)
  } catch (error) {
    throw new NotProven(`${node} did not take ${title(words)}: ${wordsOf(error)}`)
  }
}

/** Asks a server on behalf of a fault that is to be healed, again while there is no answer. Throws NotHealed. */
export async function askToHeal(stage: FaultStage, node: string, ...words: [string, ...string[]]): Promise<unknown> {
  const startMs = stage.clock.ranMs()
  for (let tries = 1; ; tries += 1) {
    stage.signal.throwIfAborted()
    try {
      return await stage.cluster.node(node).client.call(...words)
    } catch (error) {
      const elapsedMs = stage.clock.ranMs() - startMs
      const isDown = (await stage.servers.state(node)).status === 'stopped'
      if (!(error instanceof Unreachable) || elapsedMs >= HEARD_WITHIN_MS || isDown) {
        const tried = tries === 1 ? '' : ` (tried ${tries} times in ${formatDuration(elapsedMs)})`
        throw new NotHealed(
          `${node} did not take ${title(words)}: ${wordsOf(error)}${tried}`,
          byHand(stage, node, words),
        )
      }
      await stage.clock.sleep(ASK_AGAIN_AFTER_MS, stage.signal)
    }
  }
}

/** What shows a fault may also show that it is gone: failing to look, it is then not seen to be healed. */
export async function asHealing<T>(look: Promise<T>, hint?: string): Promise<T> {
  try {
    return await look
  } catch (error) {
    throw error instanceof NotProven ? new NotHealed(error.message, hint ?? error.hint) : error
  }
}

/** The command that does it by hand, which only the runner's own user may send. */
function byHand(stage: FaultStage, node: string, words: readonly string[]): string {
  const { port, username } = stage.cluster.address(node)
  const user = username === undefined ? '' : ` --user ${username}`
  const password = stage.servers.passwordCommand({ runnerAt: node })
  return `When ${node} answers: REDISCLI_AUTH="$(${password})" redis-cli -p ${port}${user} ${words.map(quoted).join(' ')}`
}

function title(words: readonly string[]): string {
  return words.slice(0, 3).join(' ')
}

export function wordsOf(error: unknown): string {
  if (error instanceof Unreachable) return `no answer (${error.reason})`
  return messageOf(error)
}

/** A name that nothing else uses, in one of these slots; in any slot if there are none. */
export function probeKeyIn(slots: readonly SlotRange[]): string {
  for (let number = 0; ; number += 1) {
    const key = `redis-chaos:no-such-key:${number}`
    const slot = slotOfKey(key)
    if (slots.length === 0 || slots.some(([first, last]) => slot >= first && slot <= last)) return key
  }
}
