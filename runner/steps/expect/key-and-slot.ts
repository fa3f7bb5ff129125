import { messageOf } from '../../base/errors.ts'
import type { Look } from '../../base/poll.ts'
import { parseMoved } from '../../cluster/reply-errors.ts'
import { slotOfKey } from '../../cluster/slots.ts'
import { type ExpectedReply, expectedReplyText, replyMatches, replyText } from '../reply.ts'
import { describeTargets, resolveTargets, type Targets } from '../targets.ts'
import type { StepContext } from '../verb.ts'
import { lookAtEach } from './each.ts'
import { LOOK_TIMEOUT_MS, type Subject } from './subject.ts'

export interface KeyArg {
  key: string
  value?: ExpectedReply | undefined
  served_by?: string | undefined
  asked?: Targets | undefined
  moved_to?: string | undefined
}

export const keySubject: Subject<KeyArg> = {
  sentence({ key, value, served_by, asked, moved_to }) {
    if (moved_to !== undefined) return `${describeTargets(asked ?? '')} to redirect key ${key} to ${moved_to}`
    const parts = [
      value !== undefined && `have the value ${expectedReplyText(value)}`,
      served_by !== undefined && `be served by ${served_by}`,
    ]
    return `key ${key} to ${parts.filter(Boolean).join(' and ')}`
  },
  look: async (arg, context) =>
    arg.moved_to === undefined ? await lookAtValue(arg, context) : await lookAtRedirection(arg, arg.moved_to, context),
}

async function lookAtRedirection({ key, asked = [] }: KeyArg, movedTo: string, context: StepContext): Promise<Look> {
  const nodes = await resolveTargets(asked, context, ['asked'])
  const expected = await context.resolveOne(movedTo, ['moved_to'])
  return await lookAtEach(nodes, async (node) => await askedToRedirect(node, key, expected, context))
}

async function askedToRedirect(node: string, key: string, expected: string, context: StepContext): Promise<Look> {
  try {
    await context.cluster.node(node).client.callWithin(LOOK_TIMEOUT_MS, 'GET', key)
    return { ok: false, seen: `${node} serves key ${key} (slot ${slotOfKey(key)}) itself` }
  } catch (error) {
    const moved = parseMoved(error)
    if (!moved) return { ok: false, seen: `${node}: ${messageOf(error)}` }
    const to = context.cluster.nameOfAddress(moved.host || 'localhost', moved.port)
    return {
      ok: to === expected,
      seen: `${node}: MOVED ${moved.slot} ${moved.host}:${moved.port}${to === undefined ? '' : ` (${to})`}`,
    }
  }
}

/** The node that serves a key is the one that gives its value without a redirection. */
async function lookAtValue({ key, value, served_by }: KeyArg, context: StepContext): Promise<Look> {
  const owner = (await context.cluster.look({ timeoutMs: LOOK_TIMEOUT_MS })).agreed.ownerOf(slotOfKey(key))
  if (owner === undefined) return { ok: false, seen: `slot ${slotOfKey(key)} of key ${key} has no owner` }
  try {
    const reply = await context.cluster.node(owner).client.callWithin(LOOK_TIMEOUT_MS, 'GET', key)
    const served = served_by === undefined || owner === (await context.resolveOne(served_by, ['served_by']))
    return {
      ok: served && (value === undefined || replyMatches(reply, value)),
      seen: `${owner} serves it, value ${replyText(reply)}`,
    }
  } catch (error) {
    return { ok: false, seen: `${owner}: ${messageOf(error)}` }
  }
}

export const slotSubject: Subject<{ slot: number; owner: string }> = {
  sentence: ({ slot, owner }) => `slot ${slot} to be owned by ${owner}`,
  async look({ slot, owner }, context) {
    const expected = await context.resolveOne(owner, ['owner'])
    const seen = (await context.cluster.look({ timeoutMs: LOOK_TIMEOUT_MS })).agreed.ownerOf(slot)
    return {
      ok: seen === expected,
      seen: seen === undefined ? `slot ${slot} has no owner` : `${seen} owns slot ${slot}`,
    }
  },
}
