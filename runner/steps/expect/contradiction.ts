import type { LogMoment, LogObservation } from '../../record/observations.ts'

/** What an expectation is about, as far as logs tell of it. */
export interface Claim {
  /** A node and the role that it is to have. */
  node?: { name: string; role: 'master' | 'replica' }
  /** The whole cluster is to be healthy. */
  healthy?: boolean
}

const BECAME: Record<'master' | 'replica', readonly LogMoment[]> = {
  master: ['election won', 'taken over'],
  replica: ['reconfigured as replica'],
}

/** Whether a line of a log, written while an expectation had to hold, tells that it did not. */
export function contradicts({ node, healthy }: Claim, line: LogObservation): boolean {
  if (node?.name === line.node) return BECAME[node.role === 'master' ? 'replica' : 'master'].includes(line.moment)
  if (!healthy) return false
  const failed = line.moment === 'marked failing' || (line.moment === 'cluster state' && line.state === 'fail')
  return failed || BECAME.master.includes(line.moment)
}
