import type { MemberOptions } from '../cluster/members/join.ts'
import type { StepContext } from './verb.ts'

/** What verbs on members of the cluster share. */

/** How long a change of members may take where the step does not say, ms: a replica may have to sync first. */
export const MEMBERS_WITHIN_MS = 60_000

export function memberOptions({ cluster, signal, step, progress }: StepContext): MemberOptions {
  return { cluster, signal, withinMs: step.withinMs ?? MEMBERS_WITHIN_MS, progress }
}

/** The other members. */
export function othersThan(name: string, { cluster }: StepContext): string[] {
  return cluster.members.map((node) => node.name).filter((other) => other !== name)
}
