import { describeEnd } from '../platforms/last-words.ts'
import type { ServerGroup } from '../platforms/platform.ts'
import type { StepOutcome } from '../record/events.ts'
import type { Stage } from './stage.ts'

/**
 * Servers that are down although nobody asked for it, a sentence for each: `redis-node2 ended: process exited with code
 * 1: "Out Of Memory …"`. Best effort: of a server whose platform does not answer, nothing is said. Never throws.
 */
export async function endedServers(
  servers: ServerGroup,
  isEndedOnPurpose: (node: string) => boolean = () => false,
): Promise<string[]> {
  const found = await Promise.all(
    servers.nodes.map(async ({ name }) => {
      const state = isEndedOnPurpose(name) ? undefined : await servers.state(name).catch(() => undefined)
      return state?.status === 'stopped' ? [`${name} ended: ${await describeEnd(servers, name, state)}`] : []
    }),
  )
  return found.flat()
}

/** A server that ended by itself is likely why the step did not pass. */
export async function nameEndedServers(
  { error }: Pick<StepOutcome, 'error'>,
  stage: Stage,
  signal: AbortSignal,
): Promise<void> {
  if (!error || signal.aborted) return
  const ended = await stage.endedServers()
  // The step may have said it itself, as the first to see it.
  const news = ended.filter((sentence) => !error.message.includes(sentence.replace(/^\S+ ended: /, '')))
  const [culprit] = ended
    .map((sentence) => sentence.split(' ', 1)[0] ?? '')
    .filter((node) => error.message.includes(node))
  if (culprit !== undefined && error.hint?.includes(`nodes/${culprit}.log`) !== true) {
    error.hint = `${culprit} ended by itself: look at nodes/${culprit}.log in the report folder.`
  }
  if (news.length === 0) return
  // Whatever was expected of it: a server that is gone is why it did not come.
  error.message = [...news, error.message].join('; ')
  error.cause = [...news, ...(error.cause === undefined ? [] : [error.cause])].join('; ')
}
