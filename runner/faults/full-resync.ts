import { z } from 'zod'
import { formatDuration } from '../base/duration.ts'
import { type PollResult, poll } from '../base/poll.ts'
import type { OwnReport, Snapshot } from '../cluster/live-cluster.ts'
import { onlineReplicas } from '../cluster/node-report.ts'
import { assertDebugCommand } from './debug-command.ts'
import { defineFault, type FaultStage, NotHealed, NotProven } from './fault.ts'
import { ask, byNode, fullSyncs, runningOf, wordsOf } from './reach.ts'

const fullResyncSpec = z.object({
  /** Masters that have replicas. */
  nodes: z.array(z.string()),
})

const rememberedMaster = z.object({
  /** Full synchronizations that the master has given since it started. */
  full: z.number(),
  /** Its replicas that are online. */
  replicas: z.number(),
})

const fullResyncMemo = z.object({ masters: z.record(z.string(), rememberedMaster) })

const WITHIN_MS = 9000
const LOOK_EVERY_MS = 20

/** Masters whose replicas cannot go on where they were, and must take all data anew. It passes by itself. */
export const fullResync = defineFault({
  name: 'full-resync',
  spec: fullResyncSpec,
  memo: fullResyncMemo,
  lostByRestart: false,

  async remember({ nodes }, stage) {
    await assertDebugCommand(stage, nodes, 'CHANGE-REPL-ID', 'a lost replication history')
    return { masters: await byNode(nodes, (node) => rememberMaster(stage, node)) }
  },

  async apply({ nodes }, stage) {
    for (const node of nodes) {
      // A replica that comes back names a history that its master no longer has: its backlog is of no use then.
      await ask(stage, node, 'DEBUG', 'CHANGE-REPL-ID')
      await ask(stage, node, 'CLIENT', 'KILL', 'TYPE', 'replica')
    }
  },

  async prove({ nodes, memo }, stage) {
    const proofs = await Promise.all(
      nodes.map(async (node) => {
        const { full = 0, replicas = 1 } = memo.masters[node] ?? {}
        const result = await until(stage, async () => {
          const given = (await fullSyncs(stage, node)) - full
          return { ok: given >= replicas, seen: `${given} of ${replicas} full synchronizations` }
        })
        if (result.ok) return `${node} gave ${result.lastSeen}`
        throw new NotProven(`${node} gave ${result.lastSeen} within ${formatDuration(result.elapsedMs)}`)
      }),
    )
    return proofs.join('; ')
  },

  async heal(fault, stage) {
    await untilAllLinked(fault.nodes, stage)
  },

  async proveHealed(fault, stage) {
    return await untilAllLinked(fault.nodes, stage)
  },
})

async function rememberMaster(stage: FaultStage, node: string): Promise<z.infer<typeof rememberedMaster>> {
  return { full: await fullSyncs(stage, node), replicas: onlineReplicas((await lookAt(stage, node)).report) }
}

/** Throws NotProven when the node does not answer. */
async function lookAt(stage: FaultStage, node: string): Promise<OwnReport> {
  return await stage.cluster.lookAt(node).catch((error: unknown) => {
    throw new NotProven(wordsOf(error))
  })
}

/**
 * Resolves with how the replicas of these masters stand, when each that runs is online again; a node that is no master
 * any more, or is down, has none to wait for. Throws NotHealed.
 */
async function untilAllLinked(masters: readonly string[], stage: FaultStage): Promise<string> {
  const result = await until(stage, async () => {
    const snapshot = await stage.cluster.look()
    const running = await runningOf({ nodes: stage.cluster.nodes.map(({ name }) => name) }, stage)
    const silent = running.filter((node) => !snapshot.reports.has(node))
    const replicas = masters.flatMap((master) => followersOf(master, snapshot))
    const behind = replicas.filter(({ isLinked }) => !isLinked).map(({ name }) => name)
    const waitedFor = [
      ...silent.map((node) => `${node} does not answer`),
      ...behind.map((node) => `${node} is not linked`),
    ]
    const seen = waitedFor.length > 0 ? waitedFor.join(', ') : `${replicas.map(({ name }) => name).join(', ')} linked`
    return {
      ok: waitedFor.length === 0,
      seen: replicas.length === 0 && waitedFor.length === 0 ? 'no replica to link' : seen,
    }
  })
  if (result.ok) return result.lastSeen
  throw new NotHealed(
    `${result.lastSeen} after ${formatDuration(result.elapsedMs)}`,
    'Look into the logs of the replicas.',
  )
}

/** The replicas that follow a master, as they say themselves, and whether they have what it has. */
function followersOf(master: string, snapshot: Snapshot): { name: string; isLinked: boolean }[] {
  return [...snapshot.reports.values()].flatMap(({ name, view, replication }) => {
    const own = view.nodes.find(({ id }) => id === view.myId)
    const followed = view.nodes.find(({ id }) => id === own?.masterId)
    if (!followed || snapshot.nameOf(followed) !== master || !snapshot.reports.has(master)) return []
    return [{ name, isLinked: replication.masterLink === 'up' && !replication.syncInProgress }]
  })
}

function until(stage: FaultStage, look: () => Promise<{ ok: boolean; seen: string }>): Promise<PollResult> {
  const { clock, signal } = stage
  return poll(look, { clock, signal, withinMs: WITHIN_MS, everyMs: LOOK_EVERY_MS })
}
