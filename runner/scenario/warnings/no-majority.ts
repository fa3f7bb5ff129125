import { plural } from '../../base/text.ts'
import { shardsWithSlots } from '../../cluster/topology.ts'
import type { Formed } from './meaning.ts'
import { keyOf, lacksSuccessor, type Moment, masterLost, phrasesOf } from './situation.ts'
import type { Warning } from './warning.ts'

/** A replica is elected by a majority of all masters, the dead ones counted. */
export const noMajority: Warning = {
  name: 'no-majority',
  summary: 'A replica is expected to be elected, or the cluster to serve, when too few masters are left',
  *find({ moments, formed }) {
    const { votes: shards } = formed
    const needed = Math.floor(shards / 2) + 1
    for (const moment of moments) {
      const { step, arg, disturbed } = moment
      if (step.verb !== 'expect' || disturbed) continue
      const isElection = keyOf(arg, 'role') === 'master' && masterLost(keyOf(arg, 'node'), moment) !== undefined
      if (!isElection && !awaitsService(moment)) continue
      const gone = votersGone(moment, formed)
      if (shards - gone >= needed) continue
      const left =
        shards - gone <= 0 ? 'none is left' : `${shards - gone} of ${shards} ${shards - gone === 1 ? 'is' : 'are'} left`
      const what = isElection ? 'nobody can be elected here' : 'the cluster stays down here, and nobody can be elected'
      yield {
        at: { step, path: ['expect', isElection ? 'role' : 'cluster'] },
        message: `${what}: it takes the votes of ${plural(needed, 'master')}, and ${left}`,
        hint:
          shards < 3
            ? `With ${plural(shards, 'shard')}, one dead master is too many: use \`cluster: { shards: 3 }\`, or expect \`cluster: fail\`.`
            : 'Let fewer masters go, start one again first, or expect `cluster: fail`.',
      }
    }
  },
}

/** Whether it waits for the cluster to serve right after the loss of servers that nobody has brought back. */
function awaitsService({ arg, before }: Moment): boolean {
  if (keyOf(arg, 'cluster') !== 'ok' || before.last === undefined) return false
  return isLossForGood(before.last)
}

function isLossForGood({ step, arg }: Moment): boolean {
  if (step.forMs !== undefined || keyOf(arg, 'rolling') !== undefined) return false
  return ['stop', 'kill', 'power-cut', 'pause'].includes(step.verb)
}

/** How many masters with a vote are away, and none has taken over from them; drawn ones are counted if nothing was done since. */
function votersGone({ before }: Moment, { topology }: Formed): number {
  const voting = shardsWithSlots(topology)
  const gone = before.away
    .filter(lacksSuccessor)
    .filter(({ node: { shard } }) => shard === undefined || voting.includes(shard))
  const known = new Set(gone.map(({ node }) => node.id)).size
  return known + (before.last && isLossForGood(before.last) ? drawnMasters(before.last) : 0)
}

/** Masters of which it is known only how many they are. */
function drawnMasters(loss: Moment): number {
  const meanings = phrasesOf(loss.arg).map(({ text }) => loss.meaningOf(text))
  const drawn = meanings.filter(({ role, nodes }) => role === 'master' && nodes.length === 0)
  return drawn.reduce((sum, { count = 0 }) => sum + count, 0)
}
