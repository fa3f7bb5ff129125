import { systemClock } from '../base/clock.ts'
import { PlatformError } from './errors.ts'
import type { ServerNode } from './platform.ts'

const ANSWER_TIMEOUT_MS = 20_000
const PAUSE_MS = 15

/** A server has ended without ever answering; the message quotes the end of its log. */
export class EndedEarly extends PlatformError {}

/**
 * What was seen of a server that was just started. `problem`: why it does not answer yet. `lastWords`: it has ended.
 */
export type FirstSight = { answers: true } | { problem: string } | { lastWords: string; hint?: string }

export interface FirstAnswerOptions {
  /** Looks at each of these servers once; resolves in their order. */
  look(nodes: readonly ServerNode[]): Promise<readonly FirstSight[]>
  /** What to do when a server runs and does not answer. */
  hint?: string
  signal?: AbortSignal | undefined
}

/**
 * Resolves when every server of a new group has answered on its port. Throws EndedEarly when one has ended instead (it
 * refused its configuration), PlatformError when one does not answer within 20 s, and the signal's reason on abort.
 */
export async function waitForFirstAnswers(nodes: readonly ServerNode[], options: FirstAnswerOptions): Promise<void> {
  const { look, hint, signal } = options
  const deadlineMs = systemClock.ranMs() + ANSWER_TIMEOUT_MS
  const answered = new Set<ServerNode>()
  for (;;) {
    signal?.throwIfAborted()
    // Those that have answered, too: one may end while another is still starting.
    const sights = await look(nodes)
    let silent: { node: ServerNode; problem: string } | undefined
    for (const [index, node] of nodes.entries()) {
      const sight = sights[index] ?? { problem: 'nothing is known of it' }
      if ('lastWords' in sight) throw endedEarly(node, sight)
      if ('answers' in sight) answered.add(node)
      else if (!answered.has(node)) silent ??= { node, problem: sight.problem }
    }
    if (!silent) return
    if (systemClock.ranMs() > deadlineMs) {
      const { serverName, port } = silent.node
      throw new PlatformError(
        `${serverName} runs, but did not answer on port ${port} of this machine within ${ANSWER_TIMEOUT_MS / 1000} s: ${silent.problem}`,
        { hint },
      )
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}

const SETTINGS_HINT =
  'a setting that the server does not know, or a value that it does not accept, ends it like this: look at the settings of the run'

function endedEarly(
  node: ServerNode,
  { lastWords, hint = SETTINGS_HINT }: { lastWords: string; hint?: string },
): EndedEarly {
  return new EndedEarly(`${node.serverName} ended as soon as it was started: ${lastWords}`, { hint })
}
