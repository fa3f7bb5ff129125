import { listed } from '../../base/text.ts'
import type { LoadOptions } from '../../workload/options.ts'
import { keyOf } from './situation.ts'
import type { Warning } from './warning.ts'

/** A slow network between nodes reaches only those clients who wait for replicas, or read from them. */
export const clientsNotSlowed: Warning = {
  name: 'clients-not-slowed',
  summary: 'A slow or lossy network between nodes, beside workloads whose clients do not feel it',
  *find({ moments, scenario }) {
    const { workloads } = scenario
    if (workloads.length === 0 || workloads.some(({ options }) => needsReplicas(options))) return
    for (const { step, arg } of moments) {
      if (step.verb !== 'network' || keyOf(arg, 'traffic') !== undefined) continue
      const names = listed(
        workloads.map(({ name }) => name),
        3,
      )
      yield {
        at: { step, path: ['network'] },
        message: `clients of ${names} do not feel this: only the links between nodes are worse, not those to clients`,
        hint: 'If clients are to feel it, add `traffic: client`. If the links between nodes are meant, say so: `traffic: all`.',
      }
    }
  },
}

function needsReplicas({ wait, durability, readFrom }: LoadOptions): boolean {
  return wait !== undefined || (durability?.replicas ?? 0) > 0 || readFrom === 'replica'
}
