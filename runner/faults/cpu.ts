import { z } from 'zod'
import { formatDuration } from '../base/duration.ts'
import type { NodeClient } from '../cluster/node-client.ts'
import { parseInfo } from '../cluster/node-report.ts'
import { defineFault, type FaultStage, NotHealed, NotProven } from './fault.ts'
import { asHealing, askToHeal, healableOf, runningOf, wordsOf } from './reach.ts'
import { ofEach, reconcileResources, resourcesOf, resourcesSpec } from './server-resources.ts'

const cpuMemo = z.object({
  /** Rounds of work that take a server about as long as it may be blocked for. */
  rounds: z.number(),
})

const CALIBRATION_ROUNDS = 500_000
/** Processor time of one script: short enough that the cluster bus is served between two. */
const SCRIPT_MS = 5
/** Two questions are always open, so that the server has work when it has answered one. */
const CONNECTIONS = 2
const BURST_MS = 600
/** A machine that is busy itself gives a server little, and it takes long until it has used up its share. */
const LONGEST_BURST_MS = 4000
/** A script of a server that gets little of a core takes its time. */
const SCRIPT_WITHIN_MS = 5000
/** What a share may be exceeded by in a short burst: the time that was left over when it began, and half a script. */
const SLACK = 0.1
/** Nothing, to a counter that the kernel keeps by periods. */
const HELD_BACK_AT_LEAST_MS = 1
/** Work without keys, which every node does in every state of the cluster; it reads and writes nothing. */
const BUSY = 'local sum = 0 for i = 1, tonumber(ARGV[1]) do sum = sum + i % 7 end return sum'

/** Servers that get only a share of a core. */
export const cpu = defineFault({
  name: 'cpu',
  spec: resourcesSpec,
  memo: cpuMemo,
  lostByRestart: false,

  async remember(_, stage) {
    const [node] = await runningOf({ nodes: stage.servers.nodes.map(({ name }) => name) }, stage)
    if (node === undefined) throw new NotProven('no node runs that work could be measured with')
    const before = await cpuMsOf(node, stage)
    const connection = stage.cluster.connectReader(node)
    await work(connection, CALIBRATION_ROUNDS).finally(() => connection.close())
    const tookMs = Math.max((await cpuMsOf(node, stage)) - before, 0.1)
    return { rounds: Math.ceil((CALIBRATION_ROUNDS * SCRIPT_MS) / tookMs) }
  },

  apply: ({ nodes }, stage) => reconcileResources(nodes, stage),
  heal: ({ nodes }, stage) => reconcileResources(nodes, stage),

  async prove(fault, stage) {
    return await ofEach(await runningOf(fault, stage), (node) => proveHeldBack(node, fault, stage))
  },

  async proveHealed(fault, stage) {
    const { running } = await healableOf(fault, stage)
    const nodes = running.filter((node) => resourcesOf(node, stage.active).cpuShare === undefined)
    if (nodes.length === 0) return 'nothing to measure: the nodes are down, or another fault holds them back'
    return await ofEach(nodes, (node) => proveFree(node, fault, stage))
  },
})

/** Throws NotProven. */
async function work(connection: NodeClient, rounds: number): Promise<void> {
  try {
    await connection.callWithin(SCRIPT_WITHIN_MS, 'EVAL', BUSY, '0', rounds)
  } catch (error) {
    throw new NotProven(`${connection.name} could not be kept busy: ${wordsOf(error)}`)
  }
}

interface Burst {
  /** Of a core, as the server itself counted its processor time. */
  share: number
  heldBackMs: number
  tookMs: number
}

/**
 * Keeps a server as busy as it can be: for a while, and on until it is seen to be held back if that is what is looked
 * for.
 */
async function burst(node: string, rounds: number, stage: FaultStage, untilHeldBack: boolean): Promise<Burst> {
  const held = async () => (await stage.servers.control.limitsOf(node)).heldBackMs
  const connections = Array.from({ length: CONNECTIONS }, () => stage.cluster.connectReader(node))
  try {
    const [heldBefore, usedBefore, startMs] = [await held(), await cpuMsOf(node, stage), stage.clock.nowMs()]
    const passed = () => stage.clock.nowMs() - startMs
    let heldBackMs = 0
    let lengthMs = BURST_MS
    do {
      await Promise.all(connections.map((connection) => keepBusy(connection, rounds, stage, () => passed() < lengthMs)))
      heldBackMs = (await held()) - heldBefore
      lengthMs += BURST_MS
    } while (untilHeldBack && heldBackMs < HELD_BACK_AT_LEAST_MS && lengthMs < LONGEST_BURST_MS)
    const tookMs = passed()
    return { share: ((await cpuMsOf(node, stage)) - usedBefore) / tookMs, heldBackMs, tookMs }
  } finally {
    for (const connection of connections) connection.close()
  }
}

async function keepBusy(
  connection: NodeClient,
  rounds: number,
  stage: FaultStage,
  goesOn: () => boolean,
): Promise<void> {
  while (goesOn()) {
    stage.signal.throwIfAborted()
    await work(connection, rounds)
  }
}

/** Throws NotProven. */
async function cpuMsOf(node: string, stage: FaultStage): Promise<number> {
  try {
    const info = parseInfo(String(await stage.cluster.node(node).data.callWithin(SCRIPT_WITHIN_MS, 'INFO', 'cpu')))
    return 1000 * (Number(info.get('used_cpu_sys')) + Number(info.get('used_cpu_user')))
  } catch (error) {
    throw new NotProven(`${node} does not tell what it used: ${wordsOf(error)}`)
  }
}

async function proveHeldBack(
  node: string,
  { memo }: { memo: z.infer<typeof cpuMemo> },
  stage: FaultStage,
): Promise<string> {
  const limit = resourcesOf(node, stage.active).cpuShare ?? 1
  const { share, heldBackMs, tookMs } = await burst(node, memo.rounds, stage, true)
  if (heldBackMs < HELD_BACK_AT_LEAST_MS) {
    throw new NotProven(
      `${node} was kept busy for ${formatDuration(tookMs)}, and was not held back: it used ${percent(share)} of a core, and should have ${percent(limit)}`,
      share < limit
        ? 'This machine is too busy itself to give a server as much as its limit: try a narrower one.'
        : undefined,
    )
  }
  if (share > limit + SLACK) {
    throw new NotProven(
      `${node} used ${percent(share)} of a core while it was kept busy for ${formatDuration(tookMs)}, and should have ${percent(limit)}`,
    )
  }
  return `kept busy for ${formatDuration(tookMs)}, it used ${percent(share)} of a core and was held back for ${formatDuration(heldBackMs)}`
}

async function proveFree(
  node: string,
  { memo }: { memo: z.infer<typeof cpuMemo> },
  stage: FaultStage,
): Promise<string> {
  // It may just be starting.
  await askToHeal(stage, node, 'INFO', 'cpu')
  const { share, heldBackMs } = await asHealing(burst(node, memo.rounds, stage, false))
  const { cpuShare } = await stage.servers.control.limitsOf(node)
  if (cpuShare !== undefined) throw new NotHealed(`${node} is still limited to ${percent(cpuShare)} of a core`)
  if (heldBackMs >= HELD_BACK_AT_LEAST_MS) {
    throw new NotHealed(
      `${node} is still held back: kept busy, it used ${percent(share)} of a core and waited ${formatDuration(heldBackMs)} for its share`,
    )
  }
  return `kept busy, it used ${percent(share)} of a core and was not held back`
}

function percent(ratio: number): string {
  return `${Math.round(100 * ratio)}%`
}
