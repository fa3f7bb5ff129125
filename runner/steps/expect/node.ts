import { z } from 'zod'
import { messageOf } from '../../base/errors.ts'
import type { Look } from '../../base/poll.ts'
import { plural } from '../../base/text.ts'
import { whyNoFailover } from '../../cluster/failover-diagnosis.ts'
import { healthAdvice } from '../../cluster/health.ts'
import type { OwnReport } from '../../cluster/live-cluster.ts'
import type { NodeReport } from '../../cluster/node-report.ts'
import { onlineReplicas } from '../../cluster/node-report.ts'
import { Unreachable } from '../../cluster/reply-errors.ts'
import { boundsText, isWithin, wholeBounds } from '../bounds.ts'
import { describeTargets, resolveTargets, target, targets } from '../targets.ts'
import type { StepContext } from '../verb.ts'
import { whyRoleBroke } from './broken-role.ts'
import { lookAtEach } from './each.ts'
import { known, knownText, lookAtKnown } from './known.ts'
import { LOOK_TIMEOUT_MS, type Subject } from './subject.ts'

export const nodeAspects = {
  role: z.enum(['master', 'replica']).optional().describe('What the node says that it is'),
  of: target.optional().describe('The master that a replica follows'),
  link: z.enum(['up', 'down']).optional().describe("A replica's link to its master"),
  reachable: z.boolean().optional().describe('Whether the node answers PING'),
  failing: z.boolean().optional().describe('Whether a majority of the other nodes that answer has it marked as failed'),
  known: known.optional(),
  lag: wholeBounds('bytes of the replication stream').optional().describe('How far a replica is behind its master'),
  replicas: z
    .union([z.number().int().min(0), wholeBounds('replicas')])
    .optional()
    .describe('How many replicas are connected to the master, online: a number, or at_least, at_most'),
}

const arg = z.object({ node: targets, ...nodeAspects })
type NodeArg = z.infer<typeof arg>

export const nodeSubject: Subject<NodeArg> = {
  sentence({ node, role, of, link, reachable, failing, known, lag, replicas }) {
    const parts = [
      role && `be a ${role}${of === undefined ? '' : ` of ${of}`}`,
      !role && of !== undefined && `follow ${of}`,
      link && `have its link ${link}`,
      reachable !== undefined && (reachable ? 'be reachable' : 'be unreachable'),
      failing !== undefined && (failing ? 'be marked as failed' : 'not be marked as failed'),
      known !== undefined && knownText(known),
      lag && `lag ${boundsText(lag)} bytes`,
      replicas !== undefined &&
        `have ${typeof replicas === 'number' ? plural(replicas, 'replica') : `${boundsText(replicas)} replicas`}`,
    ]
    return `${describeTargets(node)} to ${parts.filter(Boolean).join(' and ')}`
  },
  async look(arg, context) {
    const nodes = await resolveTargets(arg.node, context, ['node'])
    return await lookAtEach(nodes, async (node) => await lookAtNode(node, arg, context))
  },
  async advise({ node, known: wanted }, context) {
    if (wanted === undefined || wanted === false) return undefined
    const nodes = await resolveTargets(node, context, ['node'])
    return healthAdvice(await context.cluster.look({ timeoutMs: LOOK_TIMEOUT_MS }), nodes)
  },
  async explain(arg, context, sinceMs, hasBroken) {
    const nodes = await resolveTargets(arg.node, context, ['node'])
    if (hasBroken) {
      const { role } = arg
      const broke = role === undefined ? [] : nodes.map((node) => whyRoleBroke(node, role, context, sinceMs))
      return (await Promise.all(broke)).flat().map((text) => ({ text }))
    }
    if (arg.role !== 'master') return []
    const logged = context.hindsight.logged(sinceMs, context.clock.nowMs())
    const meanwhile = { logged, withinMs: context.step.withinMs ?? 0, clock: context.clock }
    return (await Promise.all(nodes.map((node) => whyNoFailover(context.cluster, node, meanwhile)))).flat()
  },
}

async function lookAtNode(node: string, arg: NodeArg, context: StepContext): Promise<Look> {
  const checks: Look[] = []
  if (arg.reachable !== undefined) checks.push(await lookAtReach(node, arg.reachable, context))
  if (arg.failing !== undefined) checks.push(await lookAtFailing(node, arg.failing, context))
  if (arg.known !== undefined) checks.push(await lookAtKnown(node, arg.known, context))
  if (asksTheNode(arg)) checks.push(await lookAtReplication(node, arg, context))
  return { ok: checks.every(({ ok }) => ok), seen: checks.map(({ seen }) => seen).join('; ') }
}

function asksTheNode({ role, of, link, lag, replicas }: NodeArg): boolean {
  return role !== undefined || of !== undefined || link !== undefined || lag !== undefined || replicas !== undefined
}

async function lookAtReach(node: string, expected: boolean, context: StepContext): Promise<Look> {
  try {
    await context.cluster.node(node).client.callWithin(LOOK_TIMEOUT_MS, 'PING')
    return { ok: expected, seen: `${node} answers` }
  } catch (error) {
    // An error reply, as LOADING, is an answer.
    const answered = !(error instanceof Unreachable)
    return { ok: answered === expected, seen: messageOf(error) }
  }
}

/** A node's own view never shows itself failing: the others are asked. */
async function lookAtFailing(node: string, expected: boolean, context: StepContext): Promise<Look> {
  const snapshot = await context.cluster.look({ timeoutMs: LOOK_TIMEOUT_MS })
  const others = [...snapshot.reports.values()].filter((report) => report.name !== node)
  const witnesses = others.flatMap(({ name, view }) => {
    const seen = view.nodes.find((candidate) => snapshot.nameOf(candidate) === node)
    return seen ? [{ name, failing: seen.flags.has('fail') }] : []
  })
  const accusers = witnesses.filter(({ failing }) => failing).map(({ name }) => name)
  const failing = accusers.length * 2 > witnesses.length
  const names = accusers.length > 0 ? ` (${accusers.join(', ')})` : ''
  return {
    ok: witnesses.length > 0 && failing === expected,
    seen: `${node} is marked as failed by ${accusers.length} of ${witnesses.length} nodes that answer${names}`,
  }
}

async function lookAtReplication(node: string, arg: NodeArg, context: StepContext): Promise<Look> {
  let own: OwnReport
  try {
    own = await context.cluster.lookAt(node, LOOK_TIMEOUT_MS)
  } catch (error) {
    return { ok: false, seen: messageOf(error) }
  }
  const { report, master } = own
  const { replication } = report
  const ok: boolean[] = [arg.role === undefined || replication.role === arg.role]
  const seen = [describeRole(node, report, master)]
  if (arg.of !== undefined) ok.push(master === (await context.resolveOne(arg.of, ['of'])))
  if (arg.link !== undefined) ok.push(replication.masterLink === arg.link)
  if (arg.replicas !== undefined) {
    const wanted = typeof arg.replicas === 'number' ? { at_least: arg.replicas, at_most: arg.replicas } : arg.replicas
    ok.push(replication.role === 'master' && isWithin(onlineReplicas(report), wanted))
  }
  if (arg.lag !== undefined) {
    const lag = await lookAtLag(report, master, arg.lag, context)
    ok.push(lag.ok)
    seen.push(lag.seen)
  }
  return { ok: ok.every(Boolean), seen: seen.join(', ') }
}

function describeRole(node: string, report: NodeReport, master: string | undefined): string {
  const { replication } = report
  if (replication.role === 'replica') {
    const sync = replication.syncInProgress ? ', sync in progress' : ''
    return `${node} is a replica of ${master ?? 'an unknown master'}, link ${replication.masterLink ?? 'unknown'}${sync}`
  }
  const count = onlineReplicas(report)
  return `${node} is a master with ${plural(count, 'replica')} online`
}

async function lookAtLag(
  report: NodeReport,
  master: string | undefined,
  limits: NonNullable<NodeArg['lag']>,
  context: StepContext,
): Promise<Look> {
  if (report.replication.role !== 'replica' || master === undefined) return { ok: false, seen: 'no replica, so no lag' }
  try {
    const { report: masters } = await context.cluster.lookAt(master, LOOK_TIMEOUT_MS)
    const lag = Math.max(0, masters.replication.offset - report.replication.offset)
    // Without a link nothing catches up: it is no lag that stays within a limit, and may well be one that reached it.
    const linked = report.replication.masterLink === 'up' || limits.at_most === undefined
    return { ok: linked && isWithin(lag, limits), seen: `${lag} bytes behind` }
  } catch (error) {
    return { ok: false, seen: `its master: ${messageOf(error)}` }
  }
}
