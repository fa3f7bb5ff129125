import { z } from 'zod'
import { messageOf } from '../../base/errors.ts'
import { nearestWord } from '../../base/nearest.ts'
import type { Look } from '../../base/poll.ts'
import { allInfoOf, parseInfo } from '../../cluster/node-report.ts'
import { type ExpectedReply, expectedReply, expectedReplyText, replyMatches, replyText } from '../reply.ts'
import { describeTargets, resolveTargets, targets } from '../targets.ts'
import type { StepContext } from '../verb.ts'
import { lookAtEach } from './each.ts'
import { markOf, since, sinceText } from './since.ts'
import { LOOK_TIMEOUT_MS, type Subject } from './subject.ts'

/** Fields of INFO and CLUSTER INFO as a scenario asks for them: `{ node: $heir, since: outage, sync_full: { at_most: 0 } }`. */
export const infoAsked = z
  .object({
    node: targets.describe('The node whose INFO it is; of several, that of each'),
    since: since.optional(),
  })
  .catchall(expectedReply)
  .superRefine((asked, refinement) => {
    const fields = fieldsOf(asked)
    const complain = (message: string, path: string[] = []) => refinement.addIssue({ code: 'custom', message, path })
    if (fields.length === 0)
      complain('say which field of INFO is meant, and what it must be: `sync_full: { at_most: 0 }`')
    if (asked.since === undefined) return
    for (const [field, wanted] of fields) {
      if (isNumberOrBounds(wanted)) continue
      complain(`\`${field}\` is compared with what it was: give a number, at_least or at_most`, [field])
    }
  })
  .meta({ minProperties: 2 })
  .describe(
    'Ask about fields of INFO and CLUSTER INFO, each by its name, as `sync_full: { at_most: 0 }`; with `since`, by how much it has grown',
  )

type InfoAsked = z.infer<typeof infoAsked>

function fieldsOf({ node: _, since: __, ...fields }: InfoAsked): [field: string, wanted: ExpectedReply][] {
  return Object.entries(fields)
}

function isNumberOrBounds(wanted: ExpectedReply): boolean {
  if (typeof wanted === 'number') return true
  // A $name may become a number.
  if (typeof wanted === 'string') return wanted.startsWith('$')
  return typeof wanted === 'object' && wanted !== null && ('at_least' in wanted || 'at_most' in wanted)
}

export const infoSubject: Subject<{ info: InfoAsked }> = {
  sentence({ info }) {
    const fields = fieldsOf(info).map(([field, wanted]) => `${field} ${expectedReplyText(wanted)}`)
    const grown = info.since === undefined ? '' : ' grown by'
    return `INFO of ${describeTargets(info.node)} to have${grown} ${fields.join(' and ')}${sinceText(info.since)}`
  },
  async look({ info }, context) {
    const nodes = await resolveTargets(info.node, context, ['info', 'node'])
    return await lookAtEach(nodes, async (node) => await lookAtInfo(node, info, context))
  },
}

async function lookAtInfo(node: string, asked: InfoAsked, context: StepContext): Promise<Look> {
  let now: Map<string, string>
  try {
    now = await infoOf(node, context)
  } catch (error) {
    return { ok: false, seen: messageOf(error) }
  }
  const before = asked.since === undefined ? undefined : beforeOf(node, now, asked.since, context)
  if (typeof before === 'string') return { ok: false, seen: before }
  const looks = fieldsOf(asked).map(([field, wanted]) => lookAtField(field, wanted, now, before))
  return {
    ok: looks.every(({ ok }) => ok),
    seen: `${node}: ${looks.map(({ seen }) => seen).join(', ')}${before?.note ?? ''}`,
  }
}

async function infoOf(node: string, { cluster }: StepContext): Promise<Map<string, string>> {
  return parseInfo(await allInfoOf(cluster.node(node).client, LOOK_TIMEOUT_MS))
}

interface Before {
  fields: ReadonlyMap<string, string>
  note: string
}

/**
 * What the node's INFO was then; a sentence if that cannot be known. A server that was started since has counted from
 * nothing.
 */
function beforeOf(node: string, now: ReadonlyMap<string, string>, from: string, context: StepContext): Before | string {
  const { wallMs, infos } = markOf(from, context)
  const text = infos.get(node)
  const then = text === undefined ? undefined : parseInfo(text)
  if (then && then.get('run_id') === now.get('run_id')) return { fields: then, note: '' }
  const startedMs = context.clock.wallMs() - Number(now.get('uptime_in_seconds') ?? 0) * 1000
  if (then || startedMs > wallMs) return { fields: new Map(), note: ` (a server that was started since: from 0)` }
  return `${node} gave no INFO when ${JSON.stringify(from)} began, so nobody knows what it was then`
}

function lookAtField(
  field: string,
  wanted: ExpectedReply,
  now: ReadonlyMap<string, string>,
  before: Before | undefined,
): Look {
  const value = now.get(field)
  if (value === undefined) {
    const nearest = nearestWord(field, now.keys())
    return { ok: false, seen: `INFO has no ${field}${nearest === undefined ? '' : `; did you mean ${nearest}?`}` }
  }
  if (!before) return { ok: replyMatches(value, wanted), seen: `${field} ${replyText(value)}` }
  const [was, is] = [Number(before.fields.get(field) ?? 0), Number(value)]
  if (!Number.isFinite(was) || !Number.isFinite(is)) return { ok: false, seen: `${field} is no number: ${value}` }
  const grown = is - was
  return { ok: replyMatches(grown, wanted), seen: `${field} ${grown >= 0 ? '+' : ''}${grown} (${was} to ${is})` }
}
