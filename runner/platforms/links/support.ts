import type { FaultSupport } from '../faults.ts'
import { ONLY_STREAMS } from './carriable.ts'
import { loopbackProblem } from './loopback.ts'

const LINKS = 'links between the processes, at loopback addresses of their own, carried by the runner'

/** What links between processes of this machine can do. */
export async function loopbackSupport(): Promise<FaultSupport[]> {
  const problem = await loopbackProblem()
  const means = (how: string): Pick<FaultSupport, 'supported' | 'how' | 'hint'> =>
    problem ? { supported: false, how: problem.reason, hint: problem.hint } : { supported: true, how }
  const never = {
    supported: false,
    how: ONLY_STREAMS,
    hint: 'use a Docker engine whose kernel has netem (`--platform docker`)',
  }
  return [
    { capability: 'partition', ...means(`${LINKS}, fall silent or reset`) },
    { capability: 'client-cut', ...means(`${LINKS}, clients coming through them too`) },
    { capability: 'delay', ...means(LINKS) },
    { capability: 'jitter', ...means(LINKS) },
    { capability: 'loss', ...means(`${LINKS}, stall as a TCP connection does that waits for lost packets`) },
    { capability: 'bandwidth', ...means(LINKS) },
    { capability: 'corrupt', ...never },
    { capability: 'duplicate', ...never },
    { capability: 'reorder', ...never },
  ]
}
