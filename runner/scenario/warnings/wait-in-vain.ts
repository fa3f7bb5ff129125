import { parseDuration } from '../../base/duration.ts'
import { replicasOf } from '../../record/cluster-shape.ts'
import type { ScenarioWorkload } from '../model.ts'
import { keyOf, type Moment, nodesOf, phrasesOf, shardsOf } from './situation.ts'
import { roomyLimit, roundTime } from './timing.ts'
import type { Found, Judged, Warning } from './warning.ts'

/** A client that waits for a replica waits until its time is over when none can answer before. */
export const waitInVain: Warning = {
  name: 'wait-in-vain',
  summary: 'Clients wait for replicas when none can confirm in time',
  *find(judged) {
    for (const moment of judged.moments) {
      const { step, arg } = moment
      for (const workload of judged.scenario.workloads) {
        const waiting = waitingOf(workload)
        if (!waiting) continue
        if (step.verb === 'network') yield* ofDelay(moment, workload, waiting, judged)
        else if (step.verb === 'partition' && keyOf(arg, 'halves') === 'across')
          yield ofHalves(moment, workload, waiting)
      }
    }
  },
}

interface Waiting {
  key: 'wait' | 'durability'
  replicas: number
  timeoutMs: number
}

function waitingOf({ options: { wait, durability } }: ScenarioWorkload): Waiting | undefined {
  if (wait) return { key: 'wait', ...wait }
  return durability && durability.replicas > 0 ? { key: 'durability', ...durability } : undefined
}

function* ofDelay(
  moment: Moment,
  { name, options }: ScenarioWorkload,
  { key, timeoutMs, replicas }: Waiting,
  judged: Judged,
): Iterable<Found> {
  const { step, arg } = moment
  const delay = keyOf(arg, 'delay')
  const delayMs = typeof delay === 'string' ? parseDuration(delay) : undefined
  const shards = options.shards?.map((index) => index + 1)
  if (delayMs === undefined || delayMs < timeoutMs || !slowsReplication(moment, replicas, shards, judged)) return
  yield {
    at: { step, path: ['network', 'delay'] },
    message: `no replica behind this confirms a write of ${name} in time: its \`${key}\` gives up after ${roundTime(timeoutMs)}`,
    hint: `Make the delay shorter, or let clients wait longer: \`timeout: ${roomyLimit({ minMs: delayMs, maxMs: 2 * delayMs })}\` under \`${key}\`, and more as the \`timeout\` of ${name}.`,
  }
}

/** Whether it is on the way of so many replicas that too few others are left, in a shard that has keys. */
function slowsReplication(moment: Moment, replicas: number, shards: number[] | undefined, { formed }: Judged): boolean {
  const { arg } = moment
  const traffic = keyOf(arg, 'traffic')
  if (traffic === 'client' || traffic === 'bus') return false
  const hit = keyOf(arg, 'from') === undefined ? shardsOf(moment) : shardsOfPath(moment)
  const loaded = hit.filter((shard) => shards?.includes(shard) ?? true)
  if (loaded.length === 0) return false
  return (
    loaded.some((shard) => replicasOf(formed.topology, shard) <= replicas) ||
    nodesOf(moment)?.some(({ role }) => role === 'master') === true
  )
}

/** The shards inside of which a way leads. */
function shardsOfPath(moment: Moment): number[] {
  const [from, to] = ['from', 'to'].map((key) =>
    phrasesOf(keyOf(moment.arg, key)).flatMap(({ text }) =>
      moment.meaningOf(text).nodes.flatMap(({ shard }) => shard ?? []),
    ),
  )
  return from?.filter((shard) => to?.includes(shard)) ?? []
}

function ofHalves({ step }: Moment, { name }: ScenarioWorkload, { key, timeoutMs }: Waiting): Found {
  return {
    at: { step, path: ['partition', 'halves'] },
    message: `no replica can confirm a write of ${name} while this lasts: replicas are parted from their masters, and its \`${key}\` holds each client for ${roundTime(timeoutMs)}`,
    hint: `Leave \`${key}\` out and allow losses, as \`lost_writes: { at_most: 100, shape: suffix }\`; or keep replicas with their masters: \`halves: together\`.`,
  }
}
