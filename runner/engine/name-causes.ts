import { dialectOf, isDeafTo } from '../platforms/dialects.ts'
import type { ServerNode } from '../platforms/platform.ts'
import type { StepOutcome } from '../record/events.ts'
import type { Stage } from './stage.ts'

type StepError = NonNullable<StepOutcome['error']>

/**
 * Says why a step did not pass that began at `startMs` of the run's clock, where servers said it themselves or their
 * versions tell. Whatever was expected of them comes after it.
 */
export async function nameCauses(
  { error }: Pick<StepOutcome, 'error'>,
  stage: Stage,
  startMs: number,
  signal: AbortSignal,
): Promise<void> {
  if (!error || signal.aborted) return
  const causes = [...(await endedMeanwhile(error, stage)), ...refusedCopies(error, stage, startMs)]
  const told = causes.length > 0 ? causes : unheardServers(error, stage.servers.nodes)
  if (told.length === 0) return
  error.message = [...told, error.message].join('; ')
  error.cause = [...told, ...(error.cause === undefined ? [] : [error.cause])].join('; ')
}

/** A server that ended by itself is likely why the step did not pass. */
async function endedMeanwhile(error: StepError, stage: Stage): Promise<string[]> {
  const ended = await stage.endedServers()
  const [culprit] = ended
    .map((sentence) => sentence.split(' ', 1)[0] ?? '')
    .filter((node) => error.message.includes(node))
  if (culprit !== undefined && error.hint?.includes(`nodes/${culprit}.log`) !== true) {
    error.hint = `${culprit} ended by itself: look at nodes/${culprit}.log in the report folder.`
  }
  // The step may have said it itself, as the first to see it.
  return ended.filter((sentence) => !error.message.includes(sentence.replace(/^\S+ ended: /, '')))
}

/** Of replicas that the step speaks of. */
function refusedCopies({ message }: StepError, { clock, refused }: Stage, startMs: number): string[] {
  const fromWallMs = clock.wallMs() - (clock.nowMs() - startMs)
  return [...refused.since(fromWallMs)].flatMap(([node, sentence]) => (message.includes(node) ? [sentence] : []))
}

/** Of nodes that the step speaks of, those whose packets another one throws away. */
function unheardServers({ message }: StepError, nodes: readonly ServerNode[]): string[] {
  const named = nodes.flatMap(({ name, server }) =>
    server !== undefined && message.includes(name) ? [{ name, dialect: dialectOf(server) }] : [],
  )
  return named.flatMap((listener) =>
    named
      .filter((speaker) => isDeafTo(listener.dialect, speaker.dialect))
      .map(
        (speaker) =>
          `${listener.name} (${listener.dialect.server}) reads no packet of ${speaker.name} (${speaker.dialect.server}): ` +
          'each carries a shard id, which Redis before 7.0 takes for a broken packet',
      ),
  )
}
