import { z } from 'zod'
import type { Look } from '../../base/poll.ts'
import { firstFew } from '../../base/text.ts'
import { isEstablished } from '../../cluster/agreed-view.ts'
import type { Snapshot } from '../../cluster/live-cluster.ts'
import { ownLine } from '../../cluster/slot-claims.ts'
import type { NodeView } from '../../cluster/view.ts'
import { describeTargets, resolveTargets, targets } from '../targets.ts'
import type { StepContext } from '../verb.ts'
import { LOOK_TIMEOUT_MS } from './subject.ts'

const details = z
  .strictObject({
    by: targets.optional().describe('Who must know it so; all other nodes that answer if not given'),
    id: z.string().min(1).optional().describe('Its id, as CLUSTER MYID gives it'),
    address: z
      .string()
      .regex(/^\S+$/, 'an address is a host, or host:port')
      .optional()
      .describe('Where the nodes reach it: a host, or host:port'),
    hostname: z.string().optional().describe('The hostname that it announces; "" for none'),
  })
  .refine((value) => Object.values(value).some((item) => item !== undefined), {
    message: 'say by whom it is known, or as what: by, id, address, hostname',
  })
  .meta({ minProperties: 1 })

export const known = z
  .union([z.boolean(), details])
  .describe(
    'true: all other nodes that answer know it as it is now, by id, address and hostname. false: none of them knows it by its id. Or by whom, and as what',
  )

export type Known = z.infer<typeof known>

/** What is expected, for the end of a sentence. */
export function knownText(expected: Known): string {
  if (typeof expected === 'boolean') return expected ? 'be known to all others as it is now' : 'be known to nobody'
  const { by, ...wanted } = expected
  const who = by === undefined ? 'all others' : describeTargets(by)
  const what = Object.entries(wanted).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} ${value || '""'}`],
  )
  return `be known to ${who} ${what.length === 0 ? 'as it is now' : `by ${what.join(', ')}`}`
}

/** Looks at what the others say of a node. */
export async function lookAtKnown(node: string, expected: Known, context: StepContext): Promise<Look> {
  const { by, ...given } = typeof expected === 'boolean' ? {} : expected
  const asked = by === undefined ? undefined : await resolveTargets(by, context, ['known', 'by'])
  const snapshot = await context.cluster.look({ timeoutMs: LOOK_TIMEOUT_MS })
  const viewers = [...(asked ?? snapshot.reports.keys())].filter((viewer) => viewer !== node)
  const now = asItIs(node, snapshot, context)
  const isAsGiven = Object.values(given).some((value) => value !== undefined)
  const looks = viewers.map((viewer): Look & { viewer: string } => {
    const report = snapshot.reports.get(viewer)
    if (!report) return { viewer, ok: false, seen: `gives no answer (${snapshot.unreachable.get(viewer)})` }
    const entries = report.view.nodes.filter(isEstablished)
    const own = entries.find(({ id }) => id === now.id)
    if (expected === false)
      return { viewer, ok: own === undefined, seen: own ? `knows it: ${textOf(own)}` : 'does not' }
    const entry = own ?? entries.find((one) => snapshot.nameOf(one) === node)
    if (!entry) return { viewer, ok: false, seen: 'does not know it' }
    return { viewer, ok: matches(entry, isAsGiven ? given : now), seen: `knows it as ${textOf(entry)}` }
  })
  const wrong = looks.filter(({ ok }) => !ok)
  const shown = wrong.length > 0 ? wrong : looks
  const isNow = isAsGiven || expected === false || wrong.length === 0 ? '' : `; it is ${wantedText(now)}`
  return {
    ok: looks.length > 0 && wrong.length === 0,
    seen: looks.length === 0 ? 'no other node answers' : `of ${node}: ${grouped(shown)}${isNow}`,
  }
}

interface Wanted {
  id?: string | undefined
  address?: string | undefined
  /** Empty: none. */
  hostname?: string | undefined
}

/** What it says of itself, and where the platform has it: without an announced address a node may not know its own. */
function asItIs(node: string, snapshot: Snapshot, { cluster }: StepContext): Wanted {
  const { peerHost, peerPort } = cluster.node(node)
  const report = snapshot.reports.get(node)
  const own = report && ownLine(report)
  return { id: own?.id ?? cluster.lastIdOf(node), address: `${peerHost}:${peerPort}`, hostname: own?.hostname }
}

function matches(entry: NodeView, { id, address, hostname }: Wanted): boolean {
  return (
    (id === undefined || entry.id === id) &&
    (address === undefined || address === entry.host || address === `${entry.host}:${entry.port}`) &&
    (hostname === undefined || hostname === (entry.hostname ?? ''))
  )
}

function textOf({ id, host, port, hostname }: NodeView): string {
  return wantedText({ id, address: `${host}:${port}`, hostname })
}

function wantedText({ id = 'unknown', address, hostname }: Wanted): string {
  return `${id.slice(0, 8)} at ${address}${hostname === undefined ? '' : ` (${hostname})`}`
}

/** Those of whom the same is so in one. */
function grouped(looks: readonly (Look & { viewer: string })[]): string {
  const bySeen = new Map<string, string[]>()
  for (const { viewer, seen } of looks) bySeen.set(seen, [...(bySeen.get(seen) ?? []), viewer])
  return firstFew(
    [...bySeen].map(([seen, viewers]) => `${viewers.join(', ')}: ${seen}`),
    4,
  )
}
