import { z } from 'zod'
import { listed } from '../base/text.ts'
import { copyFunctions } from '../cluster/members/functions.ts'
import { awaitServing, follow, meet } from '../cluster/members/join.ts'
import { parseTarget, TARGET_PATTERN } from '../cluster/targets.ts'
import { assertMaster, MEMBERS_WITHIN_MS, memberOptions, othersThan } from './members.ts'
import { namesUsedIn } from './names.ts'
import { defineVerb, type StepContext } from './verb.ts'

const REPLICA_OF = /^replica\s+of\s+(.+)$/

const arg = z
  .string()
  .superRefine((text, refinement) => {
    if (text === 'master') return
    const of = REPLICA_OF.exec(text)?.[1]
    if (of === undefined) {
      refinement.addIssue({
        code: 'custom',
        message: `a new node is a \`master\` or a \`replica of …\`, as \`replica of shard 1\`, not \`${text}\``,
      })
      return
    }
    if (namesUsedIn(of).length > 0) return
    const parsed = parseTarget(masterPhrase(of))
    if ('error' in parsed) refinement.addIssue({ code: 'custom', message: parsed.error })
  })
  .meta({
    title: 'New node',
    pattern: `^master$|^replica\\s+of\\s+\\$|${TARGET_PATTERN}`,
    examples: ['master', 'replica of shard 1', 'replica of redis-node0'],
    description: 'What the new node is to be: an empty master, or a replica of a master in plain words',
  })

const extras = z.strictObject({
  as: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a name is letters, digits and _')
    .optional()
    .describe('A $name for the new node, for the steps after this'),
})

export const addNode = defineVerb({
  name: 'add-node',
  summary: 'Starts one more server and makes it a member, as an empty master or as a replica.',
  group: 'cluster',
  example: ['- add-node: master', '  as: fresh', '- add-node: replica of shard 1'],
  proof: 'Every member that answers knows it; a master takes slots, and a replica is in sync with its master.',
  arg,
  extras,
  modifiers: ['within'],
  keepsWithin: true,
  defaultDeadlineMs: MEMBERS_WITHIN_MS + 5000,
  sentence: (text) => `add a node: ${text}`,
  async run(text, context, more) {
    const of = REPLICA_OF.exec(text)?.[1]
    const master = of === undefined ? undefined : await masterToFollow(of, context)
    const { name } = await context.addServer(master === undefined ? {} : { of: master })
    if (more?.as !== undefined) context.names.set(more.as, name)
    await context.resolveOne(name)
    context.cluster.leave(name)
    const options = memberOptions(context)
    const { knownBy, silent } = await meet(name, othersThan(name, context), options)
    if (master === undefined) {
      await copyFunctions(context.cluster, name)
      await awaitServing(name, options)
    } else await follow(name, master, options)
    const without = silent.length === 0 ? '' : `; without ${listed(silent)}, which gave no answer`
    return {
      administers: 'CLUSTER MEET',
      proof: `${listed(knownBy)} know ${name}${master === undefined ? '' : `, and it is in sync with ${master}`}${without}`,
      note: `${name} is ${master === undefined ? 'a master without slots' : `a replica of ${master}`}`,
    }
  },
})

function masterPhrase(of: string): string {
  return /^(?:shard|slot|key)\s/.test(of) ? `master of ${of}` : of
}

/** Throws StepFailure, before anything is started, if it is no master. */
async function masterToFollow(of: string, context: StepContext): Promise<string> {
  const name = await context.resolveOne(masterPhrase(of))
  assertMaster(name, await context.cluster.look())
  return name
}
