import type { z } from 'zod'
import type { MemberOptions } from '../cluster/members/join.ts'
import { describeTargets, resolveTargets, type Targets } from './targets.ts'
import { type StepContext, StepFailure } from './verb.ts'

/** What verbs on members of the cluster share. */

/** How long a change of members may take where the step does not say, ms: a replica may have to sync first. */
export const MEMBERS_WITHIN_MS = 60_000

export function memberOptions({ cluster, signal, step, progress }: StepContext): MemberOptions {
  return { cluster, signal, withinMs: step.withinMs ?? MEMBERS_WITHIN_MS, progress }
}

/** Whom a node is to know, or who is to forget it: those that the step names, or all other members. */
export async function namedOrOthers(
  name: string,
  named: Targets | undefined,
  where: string,
  context: StepContext,
): Promise<string[]> {
  return named === undefined ? othersThan(name, context) : await resolveTargets(named, context, [where])
}

/** `redis-node0`, or `all others`. */
export function describeNamed(named: Targets | undefined): string {
  return named === undefined ? 'all others' : describeTargets(named)
}

/** Refuses a file in which a node is to deal with itself by its plain name; other words are known only in the run. */
export function refuseItself(key: string, verb: string) {
  return (arg: { readonly node: string } & Readonly<Record<string, unknown>>, refinement: z.RefinementCtx) => {
    const { node, [key]: others } = arg
    if (!/^redis-node\d+$/.test(node) || ![others].flat().includes(node)) return
    refinement.addIssue({ code: 'custom', path: [key], message: `${node} cannot ${verb} itself` })
  }
}

/** Throws StepFailure for a node among those that it is to deal with: `verb` completes `redis-node0 cannot … itself`. */
export function assertNotItself(name: string, others: readonly string[], verb: string): void {
  if (others.includes(name)) throw new StepFailure({ message: `${name} cannot ${verb} itself` })
}

/** The other members. */
export function othersThan(name: string, { cluster }: StepContext): string[] {
  return cluster.members.map((node) => node.name).filter((other) => other !== name)
}
