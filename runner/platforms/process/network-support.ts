import type { FaultSupport } from '../faults.ts'
import { loopbackSupport } from '../links/support.ts'

/** Which faults of the network, and pauses, can be brought about between processes of this machine. */
export async function networkSupport(): Promise<FaultSupport[]> {
  return [
    ...(await loopbackSupport()),
    { capability: 'pause', supported: true, how: 'SIGSTOP and SIGCONT to the process and its children' },
  ]
}
