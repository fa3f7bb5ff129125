import { messageOf, UsageError } from '../../base/errors.ts'
import { plural } from '../../base/text.ts'
import { checkLayout, evenSplit, parseShardSlots } from '../../cluster/slots.ts'
import { evenIfSame, type Topology } from '../../cluster/topology.ts'
import { type Flags, type ParsedLine, wholeNumber, wholeNumberOf } from '../flags.ts'

/** Of one master. */
const REPLICAS = { min: 0, max: 100 }

/** Flags that say how many shards a cluster has, and what is in each. */
export const topologyFlags: Flags = {
  shards: { type: 'string', value: 'N', help: 'masters (default 3)' },
  replicas: { type: 'string', value: 'N', help: 'replicas of each master, or one number a shard: 2,1,0 (default 1)' },
  slots: {
    type: 'string',
    multiple: true,
    value: 'RANGES',
    help: 'slots of one shard, once for each shard: "0-2729, 8190-10919", or none',
  },
}

/** The topology that these flags ask for. Throws UsageError. */
export function topologyOf(line: ParsedLine): Topology {
  const shards = wholeNumber(line, 'shards', 3, { min: 1, max: 1000 })
  const replicas = replicasOf(line, shards)
  const given = line.texts('slots')
  if (given.length === 0) return { shards, replicas, slots: evenSplit(shards) }
  if (given.length !== shards)
    throw new UsageError(`--slots is given once for each of the ${shards} shards, not ${plural(given.length, 'time')}`)
  try {
    const slots = given.map(parseShardSlots)
    const problems = checkLayout(slots)
    if (problems.length > 0) throw new Error(problems.join('; '))
    return { shards, replicas, slots }
  } catch (error) {
    throw new UsageError(`--slots: ${messageOf(error)}`)
  }
}

/** One number for all shards, or one for each: `2,1,0`. */
function replicasOf(line: ParsedLine, shards: number): number | number[] {
  const counts = (line.text('replicas') ?? '1').split(',').map((text) => text.trim())
  if (counts.length > 1 && counts.length !== shards) {
    throw new UsageError(
      `--replicas has ${counts.length} of ${shards} shards; give one number for all, or one for each`,
    )
  }
  return evenIfSame(counts.map((text) => wholeNumberOf(text, 'replicas', REPLICAS)))
}
