import type { Look } from '../../base/poll.ts'
import { firstFew } from '../../base/text.ts'

/** Nodes of which it is said what was seen; the rest is counted. */
const SHOWN_NODES = 6

/** Looks at each of several nodes at once: it is so if it is so of all. Those of which it is not are told, they alone. */
export async function lookAtEach(nodes: readonly string[], look: (node: string) => Promise<Look>): Promise<Look> {
  const looks = await Promise.all(nodes.map(look))
  const failing = looks.filter(({ ok }) => !ok)
  const shown = firstFew(
    (failing.length > 0 ? failing : looks).map(({ seen }) => seen),
    SHOWN_NODES,
  )
  const ok = failing.length === 0
  const others = looks.length - failing.length
  return { ok, seen: ok || others === 0 ? shown : `${shown}; of the other ${others} it is so` }
}
