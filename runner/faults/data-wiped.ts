import { z } from 'zod'
import { poll } from '../base/poll.ts'
import { parseInfo } from '../cluster/node-report.ts'
import { ReplyError, Unreachable } from '../cluster/reply-errors.ts'
import { describeEnd } from '../platforms/last-words.ts'
import { defineFault, type Fault, type FaultStage, NotHealed, NotProven } from './fault.ts'
import { asHealing, ask, byNode, fullSyncs, runningOf, wordsOf } from './reach.ts'
import { ofEach } from './server-resources.ts'

const dataWipedSpec = z.object({
  nodes: z.array(z.string()),
  /** Lost: the node comes back as one that nobody knows. */
  identity: z.enum(['kept', 'lost']),
})

const dataWipedMemo = z.object({
  /** By node: its process before (run_id), its name in the cluster, and its keys. */
  before: z.record(z.string(), z.object({ runId: z.string(), nodeId: z.string(), keys: z.number() })),
  /** Full synchronizations that each node has given so far (sync_full). */
  syncs: z.record(z.string(), z.number()),
})

type DataWiped = Fault<z.infer<typeof dataWipedSpec>, z.infer<typeof dataWipedMemo>>

const ANSWERS_WITHIN_MS = 8000
const LOOK_EVERY_MS = 2
const LOOK_WITHIN_MS = 1000

/** Servers that are killed, lose their data, and start again empty. It is over with their start. */
export const dataWiped = defineFault({
  name: 'data-wiped',
  spec: dataWipedSpec,
  memo: dataWipedMemo,
  lostByRestart: false,

  async remember({ nodes }, stage) {
    const before = await byNode(nodes, async (node) => {
      const [runId, nodeId, keys] = await Promise.all([
        runIdOf(node, stage),
        ask(stage, node, 'CLUSTER', 'MYID'),
        ask(stage, node, 'DBSIZE'),
      ])
      return { runId, nodeId: String(nodeId), keys: Number(keys) }
    })
    return { before, syncs: await syncsOf(stage) }
  },

  async apply(fault, stage) {
    await Promise.all(fault.nodes.map((node) => wipe(node, fault, stage)))
  },

  async prove(fault, stage) {
    return await ofEach(fault.nodes, (node) => proveEmpty(node, fault, stage))
  },

  /** A killed server whose data was not wiped yet starts with it. */
  async heal({ nodes }, stage) {
    await Promise.all(nodes.map((node) => startIfDown(node, stage)))
  },

  async proveHealed(fault, stage) {
    return await asHealing(
      ofEach(fault.nodes, async (node) => {
        await firstAnswer(node, stage)
        return 'it runs and answers'
      }),
    )
  },
})

async function runIdOf(node: string, stage: FaultStage): Promise<string> {
  return parseInfo(String(await ask(stage, node, 'INFO', 'server'))).get('run_id') ?? ''
}

async function wipe(node: string, { spec }: DataWiped, stage: FaultStage): Promise<void> {
  const { servers } = stage
  await servers.kill(node)
  const lost = await servers.control.wipeData(node, spec.identity)
  if (lost.length === 0) throw new NotProven(`${node} has no data on its disk that could be lost`)
  await servers.start(node)
}

/** A replica fills itself from its master within moments: then a full synchronization shows that it was empty. */
async function proveEmpty(node: string, fault: DataWiped, stage: FaultStage): Promise<string> {
  const before = fault.memo.before[node]
  const { keys, tries } = await firstAnswer(node, stage)
  const [runId, nodeId] = [await runIdOf(node, stage), String(await ask(stage, node, 'CLUSTER', 'MYID'))]
  if (runId === before?.runId) throw new NotProven(`${node} was not started anew: its run id is the same`)
  const isKnown = nodeId === before?.nodeId
  if (isKnown !== (fault.spec.identity === 'kept')) {
    throw new NotProven(`${node} is ${isKnown ? 'still' : 'no longer'} ${nodeId.slice(0, 8)} in the cluster`)
  }
  const identity = isKnown ? 'it is the node that it was' : 'it is a node that nobody knows'
  if (keys === 0) return `started anew with 0 keys, of ${before?.keys} before (asked ${tries} times); ${identity}`
  const filled = await filledBy(node, fault.memo, stage)
  if (filled === undefined)
    throw new NotProven(
      `${node} has ${keys} keys right after its start, and no master has given it any in a full synchronization`,
    )
  return `started anew, empty: ${filled} has given it ${keys} keys since; ${identity}`
}

interface FirstAnswer {
  keys: number
  tries: number
}

/** Asks a server that starts until it answers. Throws NotProven when it does not within 8 s. */
async function firstAnswer(node: string, stage: FaultStage): Promise<FirstAnswer> {
  const { client } = stage.cluster.node(node)
  let answer: FirstAnswer = { keys: -1, tries: 0 }
  const look = async () => {
    answer = { keys: -1, tries: answer.tries + 1 }
    try {
      answer.keys = Number(await client.callWithin(LOOK_WITHIN_MS, 'DBSIZE'))
      return { ok: true, seen: `${answer.keys} keys` }
    } catch (error) {
      if (error instanceof Unreachable || error instanceof ReplyError) return { ok: false, seen: wordsOf(error) }
      throw error
    }
  }
  const { clock, signal } = stage
  const result = await poll(look, { clock, signal, withinMs: ANSWERS_WITHIN_MS, everyMs: LOOK_EVERY_MS })
  if (result.ok) return answer
  const end = await describeEnd(stage.servers, node, await stage.servers.state(node))
  throw new NotProven(
    `${node} did not answer within ${ANSWERS_WITHIN_MS / 1000} s of its start: ${result.lastSeen} (${end})`,
    `Its log is nodes/${node}.log in the report folder.`,
  )
}

/** The master that has given a replica all of its data since, if one has. */
async function filledBy(node: string, { syncs }: DataWiped['memo'], stage: FaultStage): Promise<string | undefined> {
  const { master } = await stage.cluster.lookAt(node)
  if (master === undefined) return undefined
  const now = await syncsOf(stage)
  return (now[master] ?? 0) > (syncs[master] ?? 0) ? master : undefined
}

async function syncsOf(stage: FaultStage): Promise<Record<string, number>> {
  const nodes = await runningOf({ nodes: stage.servers.nodes.map(({ name }) => name) }, stage)
  return byNode(nodes, (node) => fullSyncs(stage, node))
}

async function startIfDown(node: string, stage: FaultStage): Promise<void> {
  const state = await stage.servers.state(node)
  if (state.status === 'stopped') await stage.servers.start(node)
  if (state.status !== 'missing') return
  throw new NotHealed(`${node} is gone: ${state.text}`)
}
