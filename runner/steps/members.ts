import type { z } from 'zod'
import type { Snapshot } from '../cluster/live-cluster.ts'
import type { MemberOptions } from '../cluster/members/join.ts'
import { describeTargets, resolveTargets, type Targets } from './targets.ts'
import { type StepContext, StepFailure } from './verb.ts'

/** What verbs on members of the cluster share. */

/** How long a change of members may take where the step does not say, ms: a replica may have to sync first. */
export const MEMBERS_WITHIN_MS = 60_000

export function memberOptions({ cluster, signal, step, progress }: StepContext): MemberOptions {
  return { cluster, signal, withinMs: step.withinMs ?? MEMBERS_WITHIN_MS, progress }
}

/** A node, and all other members or those under `key`: `redis-node5`, `{ node: redis-node5, by: redis-node0 }`. */
type NodeAndOthers<Key extends string> = string | ({ node: string } & { [key in Key]?: Targets | undefined })

/** What verbs on a node and others do with their argument. `verb` completes `redis-node0 cannot … itself`. */
export function nodeAndOthers<Key extends string>(key: Key, verb: string) {
  type Arg = NodeAndOthers<Key>
  const namedIn = (value: Arg): Targets | undefined => (typeof value === 'string' ? undefined : value[key])
  const nodeIn = (value: Arg) => (typeof value === 'string' ? value : value.node)
  return {
    /** Both in words: `redis-node0`, `all others`. */
    describe(value: Arg): { node: string; others: string } {
      const named = namedIn(value)
      return { node: nodeIn(value), others: named === undefined ? 'all others' : describeTargets(named) }
    },
    /** Throws StepFailure for a node that is to deal with itself. */
    async resolve(value: Arg, context: StepContext): Promise<{ name: string; others: string[] }> {
      const named = namedIn(value)
      const name = await context.resolveOne(nodeIn(value), typeof value === 'string' ? [] : ['node'])
      const others = named === undefined ? othersThan(name, context) : await resolveTargets(named, context, [key])
      assertNotItself(name, others, verb)
      return { name, others }
    },
  }
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

/** Throws StepFailure for a node that replicas cannot follow. */
export function assertMaster(name: string, { agreed }: Pick<Snapshot, 'agreed'>): void {
  if (agreed.roleOf(name) === 'master') return
  const follows = agreed.masterOf(name)
  throw new StepFailure({
    message: `${name} can have no replicas: it is ${follows === undefined ? 'no member' : `a replica of ${follows}`}`,
  })
}

/** The other members. */
export function othersThan(name: string, { cluster }: StepContext): string[] {
  return cluster.members.map((node) => node.name).filter((other) => other !== name)
}
