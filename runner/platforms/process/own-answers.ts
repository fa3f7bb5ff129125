import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { FILES_HINT } from '../files.ts'
import { type FirstSight, waitForFirstAnswers } from '../first-answer.ts'
import { guardedConnector } from '../guarded-connector.ts'
import { endOf } from '../last-words.ts'
import type { NodeState, ServerNode } from '../platform.ts'
import { PASSWORD_FILE } from './claimed-folder.ts'
import { endOfLog } from './logs.ts'
import { logFile } from './node-folder.ts'

const RECONNECT_MS = 10

/**
 * Resolves when each of these servers that were just started has answered on its port: that very process, and not another that was
 * quicker to take the port. Throws as `waitForFirstAnswers` does.
 */
export async function waitForOwnAnswers(
  group: { look(node: string): Promise<{ state: NodeState; pid?: number }> },
  nodes: readonly ServerNode[],
  folder: string,
  signal?: AbortSignal,
): Promise<void> {
  const password = (await readFile(join(folder, PASSWORD_FILE), 'utf8')).trimEnd()
  const questions = new Map(nodes.map((node) => [node.name, askForPid(node, password)]))
  const look = async ({ name, serverName }: ServerNode): Promise<FirstSight> => {
    const { state, pid } = await group.look(name)
    // Missing: another server ended early, and the whole group is being removed.
    if (state.status === 'stopped' || state.status === 'missing') {
      const lastWords = endOf(await endOfLog(logFile(folder, serverName)))
      return { lastWords, ...(/no space left/i.test(lastWords) ? { hint: FILES_HINT } : {}) }
    }
    const { answer = '', problem = '' } = questions.get(name) ?? {}
    if (answer === '') return { problem }
    return answer === String(pid) ? { answers: true } : { problem: `process ${answer} answers there instead` }
  }
  try {
    await waitForFirstAnswers(nodes, { look: (silent) => Promise.all(silent.map(look)), signal })
  } finally {
    for (const { client } of questions.values()) client.disconnect()
  }
}

interface PidQuestion {
  client: Redis
  /** The process id of whatever answered; empty until then. */
  answer: string
  /** Why there is no answer yet. */
  problem: string
}

function askForPid({ port, guard }: ServerNode, password: string): PidQuestion {
  const client = new Redis({
    host: '127.0.0.1',
    port,
    password,
    enableReadyCheck: false,
    maxRetriesPerRequest: null,
    retryStrategy: () => RECONNECT_MS,
    ...(guard && { Connector: guardedConnector(() => guard) }),
  })
  const question: PidQuestion = { client, answer: '', problem: 'it sent nothing' }
  const onError = (error: Error) => {
    question.problem = error.message
  }
  client.on('error', onError)
  client.call('INFO', 'server').then((info) => {
    question.answer = /^process_id:(\d+)/m.exec(String(info))?.[1] ?? 'unknown'
  }, onError)
  return question
}
