import { z } from 'zod'
import { errorClass, ReplyError } from '../cluster/reply-errors.ts'
import { UnsupportedFault } from '../platforms/faults.ts'
import { untilLastSave } from './background-save.ts'
import { defineFault, type FaultStage, NotHealed, NotProven } from './fault.ts'
import { asHealing, ask, askToHeal, healableOf, healEach, probeKeyIn, runningOf, wordsOf } from './reach.ts'
import { changeSettings, proveRestored, rememberSettings, restoreSettings, settingsMemo } from './server-settings.ts'

/**
 * A master refuses writes when it has save points and its last background save failed (writeCommandsDeniedByDiskError,
 * server.c, Redis 7.0). This save point is due after a year: no save that works, or fails, comes in between. Diskless,
 * a full synchronization saves nothing either.
 */
const SETTINGS = { save: '31536000 1', 'stop-writes-on-bgsave-error': 'yes', 'repl-diskless-sync': 'yes' } as const

/**
 * A name that no file can have: the save is written whole, and cannot be moved there. It stands only while the save
 * that is to fail is under way.
 */
const IMPOSSIBLE_NAME = '.'

export const WRITES_REFUSED_SETTINGS: readonly string[] = ['dbfilename', ...Object.keys(SETTINGS)]

/** Masters that refuse writes with MISCONF, because they cannot save their data. */
export const writesRefused = defineFault({
  name: 'writes-refused',
  spec: z.object({ nodes: z.array(z.string()) }),
  memo: settingsMemo,
  lostByRestart: true,

  async remember({ nodes }, stage) {
    const before = await rememberSettings(stage, nodes, WRITES_REFUSED_SETTINGS)
    await Promise.all(nodes.map((node) => assertDumpNameSettable(stage, node, before[node]?.dbfilename ?? '')))
    return { before }
  },

  async apply(fault, stage) {
    const running = await runningOf(fault, stage)
    await Promise.all(running.map((node) => failToSave(stage, node, fault.memo.before[node]?.dbfilename ?? '')))
  },

  async prove(fault, stage) {
    const running = await runningOf(fault, stage)
    const proofs = await Promise.all(
      running.map(async (node) => {
        const { reply, asked } = await writeNothing(stage, node)
        if (reply instanceof ReplyError && reply.message.startsWith('MISCONF'))
          return `${node} answers ${asked} with MISCONF`
        if (await isReplica(stage, node)) return `${node} is a replica now; as a master, it would refuse writes`
        throw new NotProven(`${node} does not refuse writes: it answers ${asked} with ${describe(reply)}`)
      }),
    )
    return proofs.join('; ')
  },

  async heal(fault, stage) {
    await healEach(fault, stage, async (node) => {
      await restoreSettings(stage, node, fault.memo)
      await saveWell(stage, node)
    })
  },

  async proveHealed(fault, stage) {
    const { running, down } = await healableOf(fault, stage)
    const proofs = await Promise.all(
      running.map(async (node) => {
        const restored = await proveRestored(stage, node, fault.memo)
        const { reply, asked } = await asHealing(writeNothing(stage, node))
        if (!(reply instanceof Error)) return `${restored}; it answers ${asked} with ${describe(reply)}`
        if (reply instanceof ReplyError && !reply.message.startsWith('MISCONF')) return `${restored}; it saves again`
        throw new NotHealed(`${node} answers ${asked} with ${describe(reply)}`, `A restart of ${node} ends it.`)
      }),
    )
    return [...proofs, ...down].join('; ')
  },
})

/** The name is one of the settings that servers protect from 7.0 on. Setting it to what it is changes nothing. */
async function assertDumpNameSettable(stage: FaultStage, node: string, name: string): Promise<void> {
  try {
    await stage.cluster.node(node).client.call('CONFIG', 'SET', 'dbfilename', name)
  } catch (error) {
    if (!(error instanceof ReplyError)) throw new NotProven(`${node} did not take CONFIG SET: ${wordsOf(error)}`)
    throw new UnsupportedFault(
      'refusing writes',
      `${node} does not let the name of its dump be changed (${error.message})`,
      'servers that are made for a scenario with this step let it',
    )
  }
}

async function failToSave(stage: FaultStage, node: string, name: string): Promise<void> {
  try {
    await changeSettings(stage, node, { ...SETTINGS, dbfilename: IMPOSSIBLE_NAME })
    await untilLastSave('err', stage, node, (...words) => ask(stage, node, ...words))
  } finally {
    // From here on a shutdown can save, as it must where there are save points.
    await ask(stage, node, 'CONFIG', 'SET', 'dbfilename', name)
  }
}

async function saveWell(stage: FaultStage, node: string): Promise<void> {
  const saved = untilLastSave('ok', stage, node, (...words) => askToHeal(stage, node, ...words))
  await asHealing(saved, `Look into the log of ${node} for why it cannot save.`)
}

/**
 * What a node answers to a command that counts as a write and changes nothing. Where the cluster lets it come to no
 * answer of its own, PING tells: a master that refuses writes refuses it too.
 */
async function writeNothing(stage: FaultStage, node: string): Promise<{ reply: unknown; asked: string }> {
  const { report } = await stage.cluster.lookAt(node).catch((error: unknown) => {
    throw new NotProven(wordsOf(error))
  })
  const own = report.view.nodes.find(({ id }) => id === report.view.myId)
  const { client } = stage.cluster.node(node)
  const send = (...words: [string, ...string[]]) => client.call(...words).catch((error: unknown) => error)
  const reply = await send('DEL', probeKeyIn(own?.slots ?? []))
  if (!['CLUSTERDOWN', 'MOVED'].includes(errorClass(reply))) return { reply, asked: 'DEL of a key that is not there' }
  return { reply: await send('PING'), asked: 'PING' }
}

async function isReplica(stage: FaultStage, node: string): Promise<boolean> {
  const { report } = await stage.cluster.lookAt(node)
  return report.replication.role === 'replica'
}

function describe(reply: unknown): string {
  return reply instanceof Error ? wordsOf(reply) : String(reply)
}
