import { listed, plural } from '../../base/text.ts'
import { isDisturbance, nodesOf } from './situation.ts'
import type { Judged, Warning } from './warning.ts'

/** Load that keeps to shards which no fault touches shows nothing of the fault. */
export const loadElsewhere: Warning = {
  name: 'load-elsewhere',
  summary: 'No workload has keys in the shards that the faults touch',
  *find(judged) {
    const { workloads } = judged.scenario
    const loaded = new Set(workloads.flatMap(({ options }) => options.shards ?? []).map((index) => index + 1))
    if (workloads.length === 0 || workloads.some(({ options }) => options.shards === undefined)) return
    const hit = shardsHit(judged)
    const [first] = workloads
    if (!first || hit === undefined || hit.size === 0 || [...hit].some((shard) => loaded.has(shard))) return
    const shards = (all: Iterable<number>) => {
      const sorted = [...all].sort((a, b) => a - b)
      return `${sorted.length === 1 ? 'shard' : 'shards'} ${listed(sorted.map(String), 5)}`
    }
    yield {
      at: { path: ['workloads', first.name, 'shards'] },
      message: `no workload has keys where the faults are: the faults touch ${shards(hit)}, and the load keeps to ${shards(loaded)}`,
      hint: `Let ${workloads.length === 1 ? 'it' : 'one of them'} have keys there too, or leave \`shards\` out for keys in all ${plural(judged.formed.topology.shards, 'shard')}.`,
    }
  },
}

/** Undefined where a fault may touch any shard. */
function shardsHit({ moments }: Judged): Set<number> | undefined {
  const shards: (number | undefined)[] = []
  for (const moment of moments) {
    if (!isDisturbance(moment.step.verb, moment.arg)) continue
    if (['start', 'unpause', 'heal'].includes(moment.step.verb)) continue
    shards.push(...(nodesOf(moment)?.map(({ shard }) => shard) ?? [undefined]))
  }
  return shards.includes(undefined) ? undefined : new Set(shards.filter((shard) => shard !== undefined))
}
