import type { SeenNode, ViewObservation } from '../../record/observations.ts'

/** When all nodes that answer came to say the same, between `afterMs` and `seenMs`. */
export interface Agreement {
  afterMs: number
  seenMs: number
  /** The last to come round. */
  node: string
  nodes: number
}

/**
 * The first moment from `fromMs` to `untilMs` at which all nodes that answer see the same masters, replicas and slots,
 * with `master` among the masters. `views` in order of time. Undefined if there was none.
 */
export function viewsAgree(
  views: readonly ViewObservation[],
  master: string,
  fromMs: number,
  untilMs: number,
): Agreement | undefined {
  const current = new Map<string, ViewObservation>()
  for (const fact of views) {
    if (fact.seenMs > untilMs) return undefined
    current.set(fact.node, fact)
    if (fact.seenMs < fromMs) continue
    const said = [...current.values()].flatMap(({ view }) => (view === undefined ? [] : [view]))
    const [first] = said
    const isMaster = first?.some(({ name, role, slots }) => name === master && role === 'master' && slots !== '')
    if (!first || !isMaster || new Set(said.map(signature)).size > 1) continue
    return { afterMs: fact.afterMs, seenMs: fact.seenMs, node: fact.node, nodes: said.length }
  }
  return undefined
}

function signature(view: readonly SeenNode[]): string {
  return view.map(({ name, role, of = '', slots }) => `${name} ${role} ${of} ${slots}`).join('\n')
}
