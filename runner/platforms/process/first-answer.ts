import { Redis } from 'ioredis'
import { PlatformError } from '../errors.ts'
import { FILES_HINT } from '../files.ts'
import type { ServerNode } from '../platform.ts'
import { endOfLog } from './logs.ts'
import { logFile } from './node-folder.ts'
import type { ProcessServerGroup } from './server-group.ts'

const ANSWER_TIMEOUT_MS = 20_000
const RECONNECT_MS = 10
const LOOK_EVERY_MS = 25

/**
 * Resolves when every server of a new group has answered on its port: that very process, and not another that was
 * quicker to take the port. Throws PlatformError with the server's own last words when one has ended instead, or when
 * one does not answer within 20 s.
 */
export async function waitForFirstAnswers(
  group: ProcessServerGroup,
  folder: string,
  password: string,
  signal?: AbortSignal,
): Promise<void> {
  await Promise.all(group.nodes.map((node) => waitForAnswer(group, folder, node, password, signal)))
}

async function waitForAnswer(
  group: ProcessServerGroup,
  folder: string,
  node: ServerNode,
  password: string,
  signal?: AbortSignal,
): Promise<void> {
  const client = new Redis({
    host: '127.0.0.1',
    port: node.port,
    password,
    enableReadyCheck: false,
    maxRetriesPerRequest: null,
    retryStrategy: () => RECONNECT_MS,
  })
  const seen = { pid: '', problem: 'nothing was heard of it' }
  client.on('error', (error: Error) => {
    seen.problem = error.message
  })
  client.call('INFO', 'server').then(
    (info) => {
      seen.pid = /^process_id:(\d+)/m.exec(String(info))?.[1] ?? 'unknown'
    },
    (error: Error) => {
      seen.problem = error.message
    },
  )
  const deadlineMs = performance.now() + ANSWER_TIMEOUT_MS
  try {
    for (;;) {
      signal?.throwIfAborted()
      const { state, pid } = await group.look(node.name)
      // Missing: another server ended early, and the whole group is being removed.
      if (state.status === 'stopped' || state.status === 'missing') throw await endedEarly(node, folder)
      if (seen.pid !== '' && seen.pid === String(pid)) return
      if (performance.now() > deadlineMs) {
        const problem = seen.pid === '' ? seen.problem : `process ${seen.pid} answers there instead`
        throw new PlatformError(
          `${node.serverName} runs, but did not answer on port ${node.port} of this machine within ${ANSWER_TIMEOUT_MS / 1000} s: ${problem}`,
        )
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    }
  } finally {
    client.disconnect()
  }
}

/** A server that has ended without ever answering. */
export class EndedEarly extends PlatformError {
  override name = 'EndedEarly'
}

async function endedEarly(node: ServerNode, folder: string): Promise<EndedEarly> {
  const words = await endOfLog(logFile(folder, node.serverName))
  return new EndedEarly(`${node.serverName} ended as soon as it was started: ${words}`, {
    hint: /no space left/i.test(words)
      ? FILES_HINT
      : 'a setting that the server does not know, or a value that it does not take, ends it so: look at the settings of the run',
  })
}
