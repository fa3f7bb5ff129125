import { parseInfo } from '../cluster/node-report.ts'
import { formatDuration } from '../record/duration.ts'
import { type Fault, type FaultKind, type FaultStage, NotHealed, NotProven } from './fault.ts'
import { asHealing, healableOf, runningOf, wordsOf } from './reach.ts'
import { ofEach, type ResourcesSpec, reconcileResources, resourcesOf } from './server-resources.ts'

/** Work that a script does in about the time that a server is to be blocked for by each. */
interface Memo {
  rounds: number
}

const CALIBRATION_ROUNDS = 20_000
/** Long enough to be seen, short enough that the cluster bus is served between two. */
const SCRIPT_MS = 5
const BURST_MS = 600
/** A script of a server that gets little of a core takes its time. */
const SCRIPT_WITHIN_MS = 5000
/** What a share may be exceeded by in a short burst: the time that was left over when it began, and half a script. */
const SLACK = 0.1
/** Nothing, to a counter that the kernel keeps by periods. */
const HELD_BACK_AT_LEAST_MS = 1
/** Work without keys, which every node does in every state of the cluster; it reads and writes nothing. */
const BUSY = 'local sum = 0 for i = 1, tonumber(ARGV[1]) do sum = sum + i % 7 end return sum'

/** Servers that get only a share of a core. */
export const cpu: FaultKind<ResourcesSpec, Memo> = {
  name: 'cpu',
  lostByRestart: false,

  async remember(_, stage) {
    const [node] = await runningOf({ nodes: stage.servers.nodes.map(({ name }) => name) }, stage)
    if (node === undefined) throw new NotProven('no node runs that work could be measured with')
    await work(node, CALIBRATION_ROUNDS, stage)
    const startMs = stage.clock.nowMs()
    await work(node, CALIBRATION_ROUNDS, stage)
    const tookMs = Math.max(stage.clock.nowMs() - startMs, 0.1)
    return { rounds: Math.round((CALIBRATION_ROUNDS * SCRIPT_MS) / tookMs) }
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
}

async function work(node: string, rounds: number, stage: FaultStage): Promise<void> {
  await patiently(node, stage, 'EVAL', BUSY, '0', String(rounds))
}

/** On the connection for what is slow. Throws NotProven. */
async function patiently(node: string, stage: FaultStage, ...words: [string, ...string[]]): Promise<unknown> {
  try {
    return await stage.cluster.node(node).data.callWithin(SCRIPT_WITHIN_MS, ...words)
  } catch (error) {
    throw new NotProven(`${node} could not be kept busy: ${wordsOf(error)}`)
  }
}

interface Burst {
  /** Of a core, as the server itself counted its processor time. */
  share: number
  heldBackMs: number
  tookMs: number
}

/** Keeps a server as busy as it can be, for a while. */
async function burst(node: string, rounds: number, stage: FaultStage): Promise<Burst> {
  const { control } = stage.servers
  const heldBefore = (await control.limitsOf(node)).heldBackMs
  const usedBefore = await cpuSecondsOf(node, stage)
  const startMs = stage.clock.nowMs()
  do {
    stage.signal.throwIfAborted()
    await work(node, rounds, stage)
  } while (stage.clock.nowMs() - startMs < BURST_MS)
  const tookMs = stage.clock.nowMs() - startMs
  const used = (await cpuSecondsOf(node, stage)) - usedBefore
  const heldBackMs = (await control.limitsOf(node)).heldBackMs - heldBefore
  return { share: (1000 * used) / tookMs, heldBackMs, tookMs }
}

async function cpuSecondsOf(node: string, stage: FaultStage): Promise<number> {
  const info = parseInfo(String(await patiently(node, stage, 'INFO', 'cpu')))
  return Number(info.get('used_cpu_sys')) + Number(info.get('used_cpu_user'))
}

async function proveHeldBack(node: string, fault: Fault<ResourcesSpec, Memo>, stage: FaultStage): Promise<string> {
  const limit = resourcesOf(node, stage.active).cpuShare ?? 1
  const { share, heldBackMs, tookMs } = await burst(node, fault.memo.rounds, stage)
  if (heldBackMs < HELD_BACK_AT_LEAST_MS) {
    throw new NotProven(
      `${node} was kept busy for ${formatDuration(tookMs)}, and was not held back: it used ${percent(share)} of a core, and should have ${percent(limit)}`,
    )
  }
  if (share > limit + SLACK) {
    throw new NotProven(
      `${node} used ${percent(share)} of a core while it was kept busy for ${formatDuration(tookMs)}, and should have ${percent(limit)}`,
    )
  }
  return `kept busy for ${formatDuration(tookMs)}, it used ${percent(share)} of a core and was held back for ${formatDuration(heldBackMs)}`
}

async function proveFree(node: string, fault: Fault<ResourcesSpec, Memo>, stage: FaultStage): Promise<string> {
  const { share, heldBackMs } = await asHealing(burst(node, fault.memo.rounds, stage))
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
