import { connect } from 'node:net'
import { PlatformError } from '../errors.ts'
import type { ServerNode } from '../platform.ts'
import type { Engine } from './engine.ts'
import { runFilter } from './labels.ts'
import { endOfLog } from './logs.ts'

const ANSWER_TIMEOUT_MS = 20_000
const TRY_TIMEOUT_MS = 1_000
const PAUSE_MS = 15

/**
 * Resolves when every server of a new group answers on its port. Throws PlatformError with the server's own last words
 * when one has ended instead (it refused its configuration), or when one does not answer within 20 s.
 */
export async function waitForFirstAnswers(
  engine: Engine,
  runId: string,
  nodes: readonly ServerNode[],
  signal?: AbortSignal,
): Promise<void> {
  const deadlineMs = performance.now() + ANSWER_TIMEOUT_MS
  let silent = [...nodes]
  for (let tries = 1; ; tries += 1) {
    signal?.throwIfAborted()
    const answered = await Promise.all(silent.map(({ port }) => answers(port)))
    silent = silent.filter((_, index) => !answered[index])
    const [first] = silent
    if (!first) return
    await demandRunning(engine, runId)
    if (performance.now() > deadlineMs) {
      throw new PlatformError(
        `${first.name} runs, but did not answer on port ${first.port} of this machine within ${ANSWER_TIMEOUT_MS / 1000} s (${tries} tries)`,
        { hint: 'does the engine publish ports on this machine, and does no firewall stand between?' },
      )
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}

/** Whether any byte comes back: the engine itself accepts connections to a port that nobody listens on. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: TRY_TIMEOUT_MS }, () => socket.write('PING\r\n'))
    const done = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('data', () => done(true))
    for (const event of ['error', 'timeout', 'close']) socket.once(event, () => done(false))
  })
}

async function demandRunning(engine: Engine, runId: string): Promise<void> {
  const filters = JSON.stringify({ ...runFilter(runId), status: ['exited', 'dead'] })
  const ended = await engine.call('list the containers that have ended', (abortSignal) =>
    engine.docker.listContainers({ all: true, filters, abortSignal }),
  )
  const [first] = ended
  if (!first) return
  const name = first.Names[0]?.slice(1) ?? first.Id
  throw new PlatformError(`${name} ended as soon as it was started: ${await endOfLog(engine, name)}`, {
    hint: 'a setting that the server does not know, or a value that it does not take, ends it so: look at the settings of the run',
  })
}
