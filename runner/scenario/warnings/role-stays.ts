import { fixedNode, keyOf, type Moment } from './situation.ts'
import type { Judged, Warning } from './warning.ts'

/** A node takes another role when something happens to its shard. */
export const roleStays: Warning = {
  name: 'role-stays',
  summary: 'A change of role is awaited of a node whose shard nothing has touched',
  *find(judged) {
    for (const moment of judged.moments) {
      const { step, arg, disturbed } = moment
      if (step.verb !== 'expect' || disturbed || step.withinMs === undefined) continue
      const wanted = keyOf(arg, 'role')
      const node = fixedNode(keyOf(arg, 'node'), moment)
      if (node?.role === undefined || node.shard === undefined || wanted === undefined || wanted === node.role) continue
      yield {
        at: { step, path: ['expect', 'node'] },
        message: `${String(keyOf(arg, 'node'))} is a ${node.role} and stays one: nothing before this changes the roles in shard ${node.shard}`,
        hint: heirHint(moment, judged) ?? 'Name a node of the shard that the fault touches.',
      }
    }
  },
}

/** Who takes over from the master that is away. */
function heirHint({ before }: Moment, { formed }: Judged): string | undefined {
  const lost = before.away.find(({ node }) => node.role === 'master' && node.shard !== undefined)
  const heirs = formed.ofShard(lost?.node.shard ?? 0).filter(({ name }) => name !== lost?.node.id)
  const [heir] = heirs
  if (!lost || !heir) return undefined
  return `The replica of ${lost.node.id}, which is away since line ${lost.by.step.line}, is ${heir.name}.`
}
