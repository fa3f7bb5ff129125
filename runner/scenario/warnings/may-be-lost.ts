import { replicasOf } from '../../record/cluster-shape.ts'
import { waitsForReplicas } from './clients-not-slowed.ts'
import { keyOf, type Moment, nodesOf, stepWords } from './situation.ts'
import type { Judged, Warning } from './warning.ts'

/** A write that is acknowledged before a replica has it is lost with its master: Redis Cluster promises no more. */
export const mayBeLost: Warning = {
  name: 'may-be-lost',
  summary: '`lost_writes: 0` of clients that do not wait for replicas, when a master is lost',
  *find(judged) {
    const { checks, workloads } = judged.scenario
    const losses = judged.moments.filter((moment, index) => losesMaster(moment, judged.moments[index + 1], judged))
    if (losses.length === 0) return
    for (const { on, limits } of checks) {
      const options = workloads.find(({ name }) => name === on)?.options
      if (!options || waitsForReplicas(options) || !allowsNone(limits.lost_writes)) continue
      const shards = options.shards?.map((index) => index + 1)
      const loss = losses.find(
        (moment) => shards === undefined || mastersOf(moment).some((shard) => shards.includes(shard ?? 0)),
      )
      if (!loss) continue
      yield {
        at: { path: ['checks', on, 'lost_writes'] },
        message: `${stepWords(loss)} may lose writes of ${on}: what a master acknowledged and had not sent to its replica is gone with it, and \`lost_writes: 0\` holds by luck`,
        hint: `Let clients wait, as \`wait: { replicas: 1, timeout: 500ms }\` in \`${on}\`, or allow some: \`lost_writes: { at_most: 500, shape: suffix }\`.`,
      }
    }
  },
}

/** Whether somebody else becomes the master because of it, without having been told all. */
function losesMaster(moment: Moment, next: Moment | undefined, { timing, formed }: Judged): boolean {
  const { step, arg } = moment
  const { topology, votes } = formed
  const masters = mastersOf(moment)
  if (timing === undefined || votes < 3 || masters.length === 0) return false
  if (!masters.some((shard) => shard === undefined || replicasOf(topology, shard) > 0)) return false
  if (step.forMs !== undefined && step.forMs < timing.detection.maxMs) return false
  if (step.forMs === undefined && isReturn(next)) return false
  if (['kill', 'power-cut', 'pause'].includes(step.verb)) return true
  return step.verb === 'partition' && keyOf(arg, 'isolate') !== undefined && (keyOf(arg, 'traffic') ?? 'all') === 'all'
}

/** What is back at once has its data, and nobody has taken over. */
function isReturn(next: Moment | undefined): boolean {
  return next !== undefined && ['start', 'unpause', 'heal'].includes(next.step.verb)
}

/** The shards of those nodes that are masters for certain; undefined where it is not known which. */
function mastersOf(moment: Moment): (number | undefined)[] {
  return (nodesOf(moment) ?? []).filter(({ role }) => role === 'master').map(({ shard }) => shard)
}

function allowsNone(limit: unknown): boolean {
  return limit === 0 || (keyOf(limit, 'at_most') === 0 && Object.keys(Object(limit)).length === 1)
}
