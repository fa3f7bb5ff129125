import { z } from 'zod'
import { formatDuration } from '../base/duration.ts'
import { duration, durationMs } from '../base/duration-schema.ts'
import type { StartChanges } from '../platforms/platform.ts'
import { changesOf, startChanges } from './start-changes.ts'
import { type Targets, targets } from './targets.ts'

const rolling = duration
  .optional()
  .describe(
    'A duration: 5s, the pause between nodes that are taken one after another; with `for`, each goes on before the next',
  )

const withRolling = z.strictObject({ node: targets.describe('Nodes that it is done to'), rolling })

const withGrace = withRolling.extend({
  grace: duration
    .optional()
    .describe('How long the server may take to end by itself before it is killed; 15s if not given'),
})

const withAll = withGrace.extend(startChanges)

export type NodeArg = Targets | z.infer<typeof withAll>

/**
 * What `docker stop` gives is 10 s, which is also what a server itself may wait for its replicas (shutdown-timeout,
 * redis.conf 7.0): with the same, chance would decide between a shutdown and a kill.
 */
export const DEFAULT_GRACE_MS = 15_000

/** How something is done to a server. */
export interface ActOptions {
  graceMs: number
  changes?: StartChanges | undefined
}

/** What a verb takes that can do these things. */
export function nodeArg({ takesGrace, takesChanges }: { takesGrace?: true; takesChanges?: true }) {
  const plain = takesGrace ? withGrace : withRolling
  return takesChanges ? plain.extend(startChanges) : plain
}

/** The nodes, as they are written. */
export function phrasesOf(arg: NodeArg): string[] {
  if (typeof arg === 'string') return [arg]
  return Array.isArray(arg) ? arg : phrasesOf(arg.node)
}

/** The pause between nodes that are taken one after another; undefined if they are not. */
export function rollingMsOf(arg: NodeArg): number | undefined {
  return typeof arg === 'object' && !Array.isArray(arg) && arg.rolling !== undefined
    ? durationMs(arg.rolling)
    : undefined
}

/** For the end of a sentence. */
export function describeRolling(arg: NodeArg): string {
  const pauseMs = rollingMsOf(arg)
  return pauseMs === undefined ? '' : `, one after another with ${formatDuration(pauseMs)} between`
}

export function optionsOf(arg: NodeArg): ActOptions {
  const changes = typeof arg === 'object' && !Array.isArray(arg) ? changesOf(arg) : undefined
  return { graceMs: graceMsOf(arg), changes }
}

function graceMsOf(arg: NodeArg): number {
  return typeof arg === 'object' && !Array.isArray(arg) && arg.grace !== undefined
    ? durationMs(arg.grace)
    : DEFAULT_GRACE_MS
}
