import type { SeenNode } from '../../record/observations.ts'
import type { FailoverObservations } from './observations.ts'

/**
 * The masters that have a vote at a moment: those with slots. Others are neither asked nor counted
 * (clusterSendFailoverAuthIfNeeded and clusterUpdateState, cluster.c). By the view that most nodes share; before any
 * was seen, by what the cluster was formed of.
 */
export function votersAt({ views, nodes }: FailoverObservations, atMs: number): string[] {
  const lastOf = new Map<string, readonly SeenNode[] | undefined>()
  for (const { node, seenMs, view } of views) if (seenMs <= atMs) lastOf.set(node, view)
  const said = [...lastOf.values()].flatMap((view) => (view === undefined ? [] : [mastersWithSlots(view)]))
  const shared = new Map<string, { voters: string[]; nodes: number }>()
  for (const voters of said) {
    const key = voters.join(' ')
    shared.set(key, { voters, nodes: (shared.get(key)?.nodes ?? 0) + 1 })
  }
  const [most] = [...shared.values()].sort((a, b) => b.nodes - a.nodes)
  return most?.voters ?? nodes.filter(({ role, added }) => role === 'master' && added !== true).map(({ name }) => name)
}

/** The masters that have a vote as one node sees it: of them it needs a majority in an election of its own. */
export function votersSeenBy(observed: FailoverObservations, node: string, atMs: number): string[] {
  const own = observed.views.findLast((fact) => fact.node === node && fact.seenMs <= atMs && fact.view !== undefined)
  return own?.view === undefined ? votersAt(observed, atMs) : mastersWithSlots(own.view)
}

/**
 * Whether a master may have owned slots at a moment, as far as nodes have told: nobody replaces one without
 * (clusterHandleSlaveFailover, cluster.c).
 */
export function mayHaveSlots({ views }: FailoverObservations, master: string, atMs: number): boolean {
  const lastOf = new Map<string, readonly SeenNode[] | undefined>()
  for (const { node, seenMs, view } of views) if (seenMs <= atMs) lastOf.set(node, view)
  const seen = [...lastOf.values()].flatMap((view = []) => view.filter(({ name }) => name === master))
  return seen.length === 0 || seen.some(({ role, slots }) => role !== 'master' || slots !== '')
}

function mastersWithSlots(view: readonly SeenNode[]): string[] {
  return view
    .filter(({ role, slots }) => role === 'master' && slots !== '')
    .map(({ name }) => name)
    .sort()
}

/** How many of that many voters are a majority: what FAIL and an election need. */
export function majorityOf(voters: number): number {
  return Math.floor(voters / 2) + 1
}
