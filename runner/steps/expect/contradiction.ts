import type { LogMoment, LogObservation } from '../../record/observations.ts'

/** What an expectation is about, as far as logs tell of it. */
export interface Claim {
  /** Nodes and the role that each of them is to have. */
  nodes?: { names: readonly string[]; role: 'master' | 'replica' }
  /** The whole cluster is to be healthy. */
  healthy?: boolean
}

const BECAME: Record<'master' | 'replica', readonly LogMoment[]> = {
  master: ['election won', 'taken over'],
  replica: ['reconfigured as replica'],
}

/** Whether a line of a log, written while an expectation had to hold, tells that it did not. */
export function contradicts({ nodes, healthy }: Claim, line: LogObservation): boolean {
  if (nodes?.names.includes(line.node)) {
    return BECAME[nodes.role === 'master' ? 'replica' : 'master'].includes(line.moment)
  }
  if (!healthy) return false
  const failed = line.moment === 'marked failing' || (line.moment === 'cluster state' && line.state === 'fail')
  return failed || BECAME.master.includes(line.moment)
}
