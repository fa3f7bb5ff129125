import { type Look, poll } from '../base/poll.ts'
import type { Reason } from '../cluster/reason.ts'
import { TargetError } from '../cluster/targets.ts'
import { assertKnown } from './assert-known.ts'
import { type ExpectArg, expectArg } from './expect/arg.ts'
import { clusterSubject } from './expect/cluster.ts'
import { type Claim, contradicts } from './expect/contradiction.ts'
import { infoSubject } from './expect/info.ts'
import { keySubject, slotSubject } from './expect/key-and-slot.ts'
import { logSubject } from './expect/log.ts'
import { migrationSubject } from './expect/migration.ts'
import { nodeSubject } from './expect/node.ts'
import type { Subject } from './expect/subject.ts'
import { failedPoll } from './failed-poll.ts'
import { resolveTargets } from './targets.ts'
import { defineVerb, type StepContext } from './verb.ts'

/** Pause between two looks, ms: a promotion is to be noticed within 20 ms. */
const EVERY_MS = 15
const EVERY_MS_OF_ALL_NODES = 50
/** Lines of logs arrive every 50 ms. */
const EVERY_MS_OF_LOGS = 50

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
  arg: expectArg,
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
    const everyMs = value.log ? EVERY_MS_OF_LOGS : value.node === undefined ? EVERY_MS_OF_ALL_NODES : EVERY_MS
    const result = await poll(look, { clock: context.clock, signal: context.signal, withinMs, forMs, everyMs })
    if (!result.ok && !result.blind) {
      const reasons = await explanation(subject, context, sinceMs, result.brokeAfterMs !== undefined)
      throw failedPoll(subject.sentence(), result, context, reasons, await adviceOf(subject, context))
    }
    const claim = await claimOf(value, context)
    await assertKnown(subject.sentence(), result, context, (line) => contradicts(claim, line))
    const outcome = { attempts: result.attempts, lastSeen: result.lastSeen }
    if (result.trueAfterMs === undefined || withinMs === 0) return outcome
    const promoted = value.role === 'master' && result.attempts > 1 ? await nodesOf(value, context) : []
    return {
      ...outcome,
      trueAfterMs: result.trueAfterMs,
      ...(promoted.length === 1 ? { promoted: promoted[0] } : {}),
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
async function claimOf(value: ExpectArg, context: StepContext): Promise<Claim> {
  const { role, of, cluster, served_by, owner } = value
  const holder = served_by ?? owner
  if (holder !== undefined) return { nodes: { names: [await context.resolveOne(holder)], role: 'master' } }
  const expected = role ?? (of === undefined ? undefined : 'replica')
  if (value.node !== undefined && expected) return { nodes: { names: await nodesOf(value, context), role: expected } }
  return { healthy: cluster === 'healthy' && value.without === undefined }
}

async function nodesOf({ node }: ExpectArg, context: StepContext): Promise<string[]> {
  return node === undefined ? [] : await resolveTargets(node, context, ['node'])
}

/** What explains a failure must not replace it. */
async function explanation(subject: BoundSubject, ...asked: Parameters<BoundSubject['explain']>): Promise<Reason[]> {
  try {
    return await subject.explain(...asked)
  } catch {
    return []
  }
}

async function adviceOf(subject: BoundSubject, context: StepContext): Promise<string | undefined> {
  try {
    return await subject.advise(context)
  } catch {
    return undefined
  }
}

interface BoundSubject {
  sentence(): string
  look(context: Parameters<Subject<never>['look']>[1]): ReturnType<Subject<never>['look']>
  explain(context: StepContext, sinceMs: number, hasBroken: boolean): Promise<Reason[]>
  advise(context: StepContext): Promise<string | undefined>
}

function bind<Arg>(subject: Subject<Arg>, value: Arg): BoundSubject {
  return {
    sentence: () => subject.sentence(value),
    look: (context) => subject.look(value, context),
    explain: async (...asked) => (await subject.explain?.(value, ...asked)) ?? [],
    advise: async (context) => await subject.advise?.(value, context),
  }
}

function subjectOf(value: ExpectArg): BoundSubject {
  if (value.node !== undefined) return bind(nodeSubject, { ...value, node: value.node })
  if (value.cluster !== undefined) return bind(clusterSubject, { ...value, cluster: value.cluster })
  if (value.info !== undefined) return bind(infoSubject, { info: value.info })
  if (value.log !== undefined) return bind(logSubject, { log: value.log })
  if (value.migration !== undefined) return bind(migrationSubject, { ...value, migration: value.migration })
  if (value.slot !== undefined && value.owner !== undefined)
    return bind(slotSubject, { slot: value.slot, owner: value.owner })
  return bind(keySubject, { ...value, key: value.key ?? '' })
}
