import { plural } from '../../base/text.ts'
import { keyOf, lacksSuccessor, masterLost } from './situation.ts'
import type { Warning } from './warning.ts'

/** A replica is elected by a majority of all masters, the dead ones counted. */
export const noMajority: Warning = {
  name: 'no-majority',
  summary: 'A replica is expected to be elected when too few masters are left to elect it',
  *find({ moments, formed }) {
    const { shards } = formed.topology
    const needed = Math.floor(shards / 2) + 1
    for (const moment of moments) {
      const { step, arg, before, disturbed } = moment
      if (step.verb !== 'expect' || disturbed || keyOf(arg, 'role') !== 'master') continue
      if (!masterLost(keyOf(arg, 'node'), moment)) continue
      const gone = new Set(before.away.filter(lacksSuccessor).map(({ node }) => node.id)).size
      if (shards - gone >= needed) continue
      const left =
        shards - gone === 0
          ? 'none is left'
          : `${shards - gone} of ${shards} ${shards - gone === 1 ? 'is' : 'are'} left`
      yield {
        at: { step, path: ['expect', 'role'] },
        message: `nobody can be elected here: it takes the votes of ${plural(needed, 'master')}, and ${left}`,
        hint:
          shards < 3
            ? `With ${plural(shards, 'shard')}, one dead master is too many: use \`cluster: { shards: 3 }\`, or expect \`cluster: fail\`.`
            : 'Let fewer masters go, start one again first, or expect `cluster: fail`.',
      }
    }
  },
}
