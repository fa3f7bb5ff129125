import { z } from 'zod'
import type { Look } from '../../base/poll.ts'
import { firstFew } from '../../base/text.ts'
import { whyFail } from '../../cluster/fail-state.ts'
import { healthAdvice, healthProblems } from '../../cluster/health.ts'
import type { Snapshot } from '../../cluster/live-cluster.ts'
import { unservedSlots } from '../../cluster/served-slots.ts'
import { describeTargets, resolveTargets, type Targets } from '../targets.ts'
import type { StepContext } from '../verb.ts'
import { lookAtEach } from './each.ts'
import { LOOK_TIMEOUT_MS, type Subject } from './subject.ts'

export const clusterState = z
  .enum(['healthy', 'ok', 'fail'])
  .describe(
    'ok: every node that answers says so, and an owner of every slot answers. fail: every node that answers says so. healthy: every node there, in sync and with the same view',
  )

interface ClusterArg {
  cluster: z.infer<typeof clusterState>
  asked?: Targets | undefined
  without?: Targets | undefined
}

/** Problems shown at once; the rest is counted. */
const SHOWN_PROBLEMS = 4

export const clusterSubject: Subject<ClusterArg> = {
  sentence: ({ cluster, asked, without }) =>
    cluster === 'healthy'
      ? `the cluster to be healthy${without === undefined ? '' : ` without ${describeTargets(without)}`}`
      : `the cluster’s state to be ${cluster}${asked === undefined ? '' : ` on ${describeTargets(asked)}`}`,
  async look({ cluster, asked, without }, context) {
    if (asked !== undefined && cluster !== 'healthy') {
      const nodes = await resolveTargets(asked, context, ['asked'])
      return await lookAtEach(nodes, async (node) => await lookAtOne(node, cluster, context))
    }
    const absent = without === undefined ? [] : await resolveTargets(without, context, ['without'])
    const snapshot = await context.cluster.look({ timeoutMs: LOOK_TIMEOUT_MS })
    if (cluster === 'ok') return andServed(lookAtAll(snapshot, cluster), snapshot)
    if (cluster === 'fail') return lookAtAll(snapshot, cluster)
    const problems = healthProblems(snapshot, { nodes: context.cluster.members.map(({ name }) => name), absent })
    if (problems.length === 0) return { ok: true, seen: 'healthy' }
    return { ok: false, seen: firstFew(problems, SHOWN_PROBLEMS) }
  },
  async advise({ cluster, without }, context) {
    if (cluster !== 'healthy') return undefined
    const absent = without === undefined ? [] : await resolveTargets(without, context, ['without'])
    const expected = context.cluster.members.map(({ name }) => name).filter((name) => !absent.includes(name))
    return healthAdvice(await context.cluster.look({ timeoutMs: LOOK_TIMEOUT_MS }), expected)
  },
  async explain({ cluster }, context) {
    if (cluster !== 'ok') return []
    return whyFail(await context.cluster.look({ timeoutMs: LOOK_TIMEOUT_MS })).map((text) => ({ text }))
  },
}

async function lookAtOne(node: string, expected: 'ok' | 'fail', context: StepContext): Promise<Look> {
  const snapshot = await context.cluster.look({ timeoutMs: LOOK_TIMEOUT_MS })
  const report = snapshot.reports.get(node)
  if (!report) return { ok: false, seen: `${node} gives no answer: ${snapshot.unreachable.get(node)}` }
  const look = { ok: report.info.state === expected, seen: `${node} says ${report.info.state}` }
  return expected === 'ok' ? andServed(look, snapshot, node) : look
}

/** A server says ok until a dead master has been silent for the node timeout: its slots are not served before. */
function andServed({ ok, seen }: Look, snapshot: Snapshot, asked?: string): Look {
  const unserved = ok ? unservedSlots(snapshot, asked) : []
  return { ok: ok && unserved.length === 0, seen: [...unserved, seen].join('; ') }
}

function lookAtAll(snapshot: Snapshot, expected: 'ok' | 'fail'): Look {
  const reports = [...snapshot.reports.values()]
  const byState = (state: string) => reports.filter(({ info }) => info.state === state).map(({ name }) => name)
  const seen = (['ok', 'fail'] as const)
    .filter((state) => byState(state).length > 0)
    .map((state) => `${state} on ${byState(state).join(', ')}`)
  if (snapshot.unreachable.size > 0) seen.push(`no answer from ${[...snapshot.unreachable.keys()].join(', ')}`)
  return { ok: reports.length > 0 && byState(expected).length === reports.length, seen: seen.join('; ') }
}
