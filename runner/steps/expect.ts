import { z } from 'zod'
import { type Look, poll } from '../base/poll.ts'
import type { Reason } from '../cluster/reason.ts'
import { TargetError } from '../cluster/targets.ts'
import { assertKnown } from './assert-known.ts'
import { clusterState, clusterSubject } from './expect/cluster.ts'
import { type Claim, contradicts } from './expect/contradiction.ts'
import { keySubject, slotSubject } from './expect/key-and-slot.ts'
import { nodeAspects, nodeSubject } from './expect/node.ts'
import type { Subject } from './expect/subject.ts'
import { failedPoll } from './failed-poll.ts'
import { expectedReply } from './reply.ts'
import { target } from './targets.ts'
import { defineVerb, type StepContext } from './verb.ts'

const shape = {
  node: target.optional().describe('Ask about this node'),
  ...nodeAspects,
  cluster: clusterState.optional(),
  key: z.string().min(1).optional().describe('Ask about this key'),
  value: expectedReply.optional().describe('The value the key must have'),
  served_by: target.optional().describe('The node that must serve the key'),
  asked: target.optional().describe('The node to ask: for cluster, and for moved_to'),
  moved_to: target.optional().describe('The node that the MOVED of the asked node must name'),
  slot: z.number().int().min(0).max(16383).optional().describe('Ask about this slot'),
  owner: target.optional().describe('The node that must own the slot'),
}

const SUBJECTS = ['node', 'cluster', 'key', 'slot'] as const
type SubjectName = (typeof SUBJECTS)[number]

/** What may be asked of each subject. */
export const ASPECTS: Readonly<Record<SubjectName, readonly string[]>> = {
  node: Object.keys(nodeAspects),
  cluster: ['asked'],
  key: ['value', 'served_by', 'asked', 'moved_to'],
  slot: ['owner'],
}

const arg = z
  .strictObject(shape)
  .superRefine((value, refinement) => {
    const given = Object.entries(value).flatMap(([key, item]) => (item === undefined ? [] : [key]))
    const subjects = SUBJECTS.filter((subject) => given.includes(subject))
    const complain = (message: string, path: string[] = []) => refinement.addIssue({ code: 'custom', message, path })
    const [subject, second] = subjects
    if (subject === undefined) return complain('say what is asked about: node, cluster, key or slot')
    if (second !== undefined)
      return complain(`ask about one thing in a step, not about ${subject} and ${second}`, [second])
    const aspects = given.filter((key) => key !== subject)
    for (const aspect of aspects) {
      if (!ASPECTS[subject].includes(aspect)) {
        complain(`\`${aspect}\` cannot be asked of a ${subject}; a ${subject} has ${ASPECTS[subject].join(', ')}`, [
          aspect,
        ])
      }
    }
    if (aspects.length === 0 && subject !== 'cluster')
      complain(`say what is expected of the ${subject}: ${ASPECTS[subject].join(', ')}`)
    if ((value.moved_to === undefined) !== (value.asked === undefined) && subject === 'key') {
      complain('`asked` and `moved_to` belong together: which node is asked, and which one its MOVED must name')
    }
    if (value.moved_to !== undefined && (value.value !== undefined || value.served_by !== undefined)) {
      complain('`moved_to` stands without `value` and `served_by`: a redirection carries no value', ['moved_to'])
    }
    if (value.cluster === 'healthy' && value.asked !== undefined)
      complain('`healthy` asks every node; leave `asked` out', ['asked'])
  })
  .meta({
    allOf: [
      { oneOf: SUBJECTS.map(subjectShape) },
      // A redirection names a node, and carries no value.
      { not: { required: ['moved_to', 'value'] } },
      { not: { required: ['moved_to', 'served_by'] } },
      { not: { required: ['asked', 'cluster'], properties: { cluster: { const: 'healthy' } } } },
    ],
  })

/** A subject with its aspects and no others, at least one of them; a cluster is asked as a whole. */
function subjectShape(subject: SubjectName) {
  const others = [...Object.keys(shape)].filter((key) => key !== subject && !ASPECTS[subject].includes(key))
  return {
    required: [subject],
    not: { anyOf: others.map((key) => ({ required: [key] })) },
    ...(subject === 'cluster' ? {} : { anyOf: ASPECTS[subject].map((key) => ({ required: [key] })) }),
    ...(subject === 'key' ? { dependencies: { asked: ['moved_to'], moved_to: ['asked'] } } : {}),
  }
}

type ExpectArg = z.infer<typeof arg>

/** Pause between two looks, ms: a promotion is to be noticed within 20 ms. */
const EVERY_MS = 5
const EVERY_MS_OF_ALL_NODES = 20

export const expect = defineVerb({
  name: 'expect',
  summary: 'Asks whether something is so: once; until it is (within); or that it stays so (for).',
  group: 'asking',
  example: [
    '- expect: { node: redis-node1, role: master }',
    '  within: 15s',
    '- expect: { cluster: healthy }',
    '  within: 20s',
    '  for: 5s',
  ],
  proof: 'It is so when asked; with `within`, at the latest then; with `for`, it stayed so that long.',
  arg,
  modifiers: ['within', 'for'],
  keepsWithin: true,
  defaultDeadlineMs: 10_000,
  sentence: (value) => `expect ${subjectOf(value).sentence()}`,
  async run(value, context) {
    const subject = subjectOf(value)
    const sinceMs = context.clock.nowMs()
    let last = ''
    const look = async () => {
      const found = await lookOrMiss(subject, context)
      if (found.seen !== last) context.progress(found.seen)
      last = found.seen
      return found
    }
    const { withinMs = 0, forMs = 0 } = context.step
    const everyMs = value.node === undefined ? EVERY_MS_OF_ALL_NODES : EVERY_MS
    const result = await poll(look, { clock: context.clock, signal: context.signal, withinMs, forMs, everyMs })
    if (!result.ok && !result.blind) {
      const reasons = await explanation(subject, context, sinceMs, result.brokeAfterMs !== undefined)
      throw failedPoll(subject.sentence(), result, context, reasons)
    }
    const claim = await claimOf(value, context)
    await assertKnown(subject.sentence(), result, context, (line) => contradicts(claim, line))
    const outcome = { attempts: result.attempts, lastSeen: result.lastSeen }
    if (result.trueAfterMs === undefined || withinMs === 0) return outcome
    const promoted = value.role === 'master' && value.node !== undefined && result.attempts > 1
    return {
      ...outcome,
      trueAfterMs: result.trueAfterMs,
      ...(promoted ? { promoted: await context.resolveOne(value.node ?? '') } : {}),
    }
  },
})

/**
 * A target may be missing for a moment, as the replica of a shard in the middle of a failover: with `within`, that is
 * waited for.
 */
async function lookOrMiss(subject: BoundSubject, context: StepContext): Promise<Look> {
  try {
    return await subject.look(context)
  } catch (error) {
    const mayCome = error instanceof TargetError && (context.step.withinMs ?? 0) > 0
    if (!mayCome) throw error
    return { ok: false, seen: error.message }
  }
}

/** What logs would contradict. */
async function claimOf({ node, role, of, cluster, served_by, owner }: ExpectArg, context: StepContext): Promise<Claim> {
  const holder = served_by ?? owner
  if (holder !== undefined) return { node: { name: await context.resolveOne(holder), role: 'master' } }
  const expected = role ?? (of === undefined ? undefined : 'replica')
  if (node !== undefined && expected) return { node: { name: await context.resolveOne(node), role: expected } }
  return { healthy: cluster === 'healthy' }
}

/** What explains a failure must not replace it. */
async function explanation(subject: BoundSubject, ...asked: Parameters<BoundSubject['explain']>): Promise<Reason[]> {
  try {
    return await subject.explain(...asked)
  } catch {
    return []
  }
}

interface BoundSubject {
  sentence(): string
  look(context: Parameters<Subject<never>['look']>[1]): ReturnType<Subject<never>['look']>
  explain(context: StepContext, sinceMs: number, hasBroken: boolean): Promise<Reason[]>
}

function bind<Arg>(subject: Subject<Arg>, value: Arg): BoundSubject {
  return {
    sentence: () => subject.sentence(value),
    look: (context) => subject.look(value, context),
    explain: async (...asked) => (await subject.explain?.(value, ...asked)) ?? [],
  }
}

function subjectOf(value: ExpectArg): BoundSubject {
  if (value.node !== undefined) return bind(nodeSubject, { ...value, node: value.node })
  if (value.cluster !== undefined) return bind(clusterSubject, { cluster: value.cluster, asked: value.asked })
  if (value.slot !== undefined && value.owner !== undefined)
    return bind(slotSubject, { slot: value.slot, owner: value.owner })
  return bind(keySubject, { ...value, key: value.key ?? '' })
}
