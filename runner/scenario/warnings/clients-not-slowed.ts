import { listed } from '../../base/text.ts'
import type { LoadOptions } from '../../workload/options.ts'
import { keyOf } from './situation.ts'
import type { Judged, Warning } from './warning.ts'

/** A slow network between nodes reaches only those clients who wait for replicas; who reads from one goes to it directly. */
export const clientsNotSlowed: Warning = {
  name: 'clients-not-slowed',
  summary: 'A slow or lossy network between nodes, beside workloads whose clients do not feel it',
  *find(judged) {
    const { workloads } = judged.scenario
    if (workloads.length === 0 || workloads.some(({ options }) => waitsForReplicas(options))) return
    if (looksAtOldReads(judged)) return
    const readers = workloads.some(({ options }) => options.readFrom === 'replica')
    for (const { step, arg } of judged.moments) {
      if (step.verb !== 'network' || keyOf(arg, 'traffic') !== undefined) continue
      const names = listed(
        workloads.map(({ name }) => name),
        3,
      )
      const why = readers ? '; reads from a replica do not go over those' : ''
      yield {
        at: { step, path: ['network'] },
        message: `clients of ${names} do not feel this: only the links between nodes are worse, not those to clients${why}`,
        hint: 'If clients are to feel it, add `traffic: client`. If the links between nodes are meant, say so: `traffic: all`.',
      }
    }
  },
}

/** Whether clients wait until replicas have what they wrote. */
export function waitsForReplicas({ wait, durability }: LoadOptions): boolean {
  return wait !== undefined || (durability?.replicas ?? 0) > 0
}

/** What replicas get late is read late from them: that is what such a check is for. */
function looksAtOldReads({ scenario: { checks, workloads } }: Judged): boolean {
  const readers = workloads.filter(({ options }) => options.readFrom === 'replica').map(({ name }) => name)
  return checks.some(({ on, limits }) => readers.includes(on) && 'stale_reads' in limits)
}
