import { connect } from 'node:net'
import { z } from 'zod'
import { formatDuration } from '../base/duration.ts'
import { onAbort } from '../base/on-abort.ts'
import { poll } from '../base/poll.ts'
import { afterRunning } from '../base/time-limit.ts'
import { parseInfo } from '../cluster/node-report.ts'
import { defineFault, type FaultStage, NotHealed, NotProven } from './fault.ts'
import { ask, healableOf, healEach, runningOf, wordsOf } from './reach.ts'
import {
  changeSettings,
  proveRestored,
  rememberSettings,
  restoreSettings,
  type SettingsMemo,
  settingsMemo,
} from './server-settings.ts'

export const CONNECTIONS_SETTING = 'maxclients'
/** The least that a server takes. Connections that are open stay open, also those of replicas; new ones are refused. */
const FULL = '1'
/** How a server refuses a connection (acceptCommonHandler, networking.c, Redis 6.0 to 8.0, Valkey 8.1 to 9.1). */
const REFUSED = 'max number of clients'
const TOLD_WITHIN_MS = 2000
/** A server that is restarted in order to be heard ends by itself within this time, ms, or is killed. */
const RESTART_GRACE_MS = 3000
const ANSWERS_WITHIN_MS = 5000

/** Servers that take no more connections: maxclients is reached. */
export const connectionsFull = defineFault({
  name: 'connections-full',
  spec: z.object({ nodes: z.array(z.string()) }),
  memo: settingsMemo,
  lostByRestart: true,

  async remember({ nodes }, stage) {
    return { before: await rememberSettings(stage, nodes, [CONNECTIONS_SETTING]) }
  },

  async apply(fault, stage) {
    const running = await runningOf(fault, stage)
    await Promise.all(
      running.map(async (node) => {
        // Open from before: what is not open now cannot be opened until it is healed.
        const { client, data, scenario } = stage.cluster.node(node)
        await Promise.allSettled([client, data, scenario].map((connection) => connection.call('PING')))
        await changeSettings(stage, node, { [CONNECTIONS_SETTING]: FULL })
      }),
    )
  },

  async prove(fault, stage) {
    const running = await runningOf(fault, stage)
    const proofs = await Promise.all(
      running.map(async (node) => {
        const refusedBefore = await refusals(stage, node)
        const said = await greetingOf(stage, node)
        const refused = (await refusals(stage, node)) - refusedBefore
        if (said.includes(REFUSED) && refused > 0) return `${node} refuses a new connection: ${said}`
        throw new NotProven(`${node} does not refuse new connections: it said ${said === '' ? 'nothing' : said}`)
      }),
    )
    return proofs.join('; ')
  },

  async heal(fault, stage) {
    await healEach(fault, stage, (node) => makeRoom(stage, node, fault.memo))
  },

  async proveHealed(fault, stage) {
    const { running, down } = await healableOf(fault, stage)
    const proofs = await Promise.all(
      running.map(async (node) => {
        await proveAnswered(stage, node)
        return `${await proveRestored(stage, node, fault.memo)}; a new connection is answered`
      }),
    )
    return [...proofs, ...down].join('; ')
  },
})

/**
 * The runner's own connection may have been lost meanwhile; the server then takes no other, and a restart alone ends
 * that.
 */
async function makeRoom(stage: FaultStage, node: string, memo: SettingsMemo): Promise<void> {
  const heard = await stage.cluster
    .node(node)
    .client.call('PING')
    .then(
      () => true,
      () => false,
    )
  if (!heard && (await greetingOf(stage, node)).includes(REFUSED)) await stage.servers.restart(node, RESTART_GRACE_MS)
  await restoreSettings(stage, node, memo)
}

/** What a server says by itself to a new connection that is silent: why it refuses it, or nothing. */
function greetingOf(stage: FaultStage, node: string): Promise<string> {
  const { host, port } = stage.cluster.address(node)
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    let said = ''
    const end = () => {
      cancel()
      stopListening()
      socket.destroy()
      resolve(said.trim())
    }
    const cancel = afterRunning(TOLD_WITHIN_MS, end)
    const stopListening = onAbort(stage.signal, end)
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => {
      said += text
      if (said.includes('\n')) end()
    })
    socket.once('error', end)
    socket.once('close', end)
  })
}

async function refusals(stage: FaultStage, node: string): Promise<number> {
  const stats = parseInfo(String(await ask(stage, node, 'INFO', 'stats')))
  return Number(stats.get('rejected_connections') ?? 0)
}

async function proveAnswered(stage: FaultStage, node: string): Promise<void> {
  const { clock, signal } = stage
  const look = async () => {
    const connection = stage.cluster.connect(node)
    try {
      await connection.call('PING')
      return { ok: true, seen: 'a new connection is answered' }
    } catch (error) {
      return { ok: false, seen: wordsOf(error) }
    } finally {
      connection.close()
    }
  }
  const result = await poll(look, { clock, signal, withinMs: ANSWERS_WITHIN_MS, everyMs: 20 })
  if (result.ok) return
  throw new NotHealed(
    `${node} answers no new connection within ${formatDuration(result.elapsedMs)}: ${result.lastSeen}`,
    `A restart of ${node} ends it.`,
  )
}
