import { listed } from '../base/text.ts'
import { shardsWithSlots } from '../cluster/topology.ts'
import type { ScenarioWorkload } from './model.ts'
import { waitsForReplicas } from './warnings/clients-not-slowed.ts'
import { keyOf, type Moment, nodesOf } from './warnings/situation.ts'
import { type Story, storyOf } from './warnings/story.ts'

/** Verbs that do something to servers, as their clients see it. */
const OF_SERVERS = [
  'stop',
  'kill',
  'power-cut',
  'pause',
  'restart',
  'stall',
  'cpu',
  'memory',
  'disk',
  'connections-full',
  'writes-refused',
  'data-wiped',
  'full-resync',
]
const OF_LINKS = ['network', 'partition']
const OF_THE_BUS = ['bus', 'dropped-packets', 'lost-votes']

/**
 * What the clients of the load feel of each fault, in a sentence, by the path of its step. What follows from a fault, as
 * a failover, is another matter.
 */
export function feltByClients(scenario: Story['scenario']): ReadonlyMap<string, string> {
  const { moments } = storyOf(scenario)
  const owners = shardsWithSlots(scenario.cluster.topology)
  const { workloads } = scenario
  return new Map(
    moments.flatMap((moment) => {
      const sentence = sentenceFor(moment, workloads, owners)
      return sentence === undefined ? [] : [[moment.step.path, sentence] as const]
    }),
  )
}

/** `owners`: the shards with slots, where alone keys can be. */
function sentenceFor(
  moment: Moment,
  workloads: readonly ScenarioWorkload[],
  owners: readonly number[],
): string | undefined {
  const { verb } = moment.step
  if (OF_THE_BUS.includes(verb)) return `${clientsOf(workloads)} do not feel this: only the cluster bus is touched.`
  if (OF_LINKS.includes(verb) && !reachesClients(moment)) return ofLinks(moment, workloads)
  return OF_LINKS.includes(verb) || OF_SERVERS.includes(verb) ? ofServers(moment, workloads, owners) : undefined
}

function reachesClients({ arg }: Moment): boolean {
  return keyOf(arg, 'traffic') === 'client' || keyOf(arg, 'clients') === 'cut'
}

function ofLinks({ step, arg }: Moment, workloads: readonly ScenarioWorkload[]): string {
  const traffic = keyOf(arg, 'traffic')
  const links = traffic === 'bus' ? 'the cluster bus is' : 'the links between nodes are'
  const waiting = traffic === 'bus' ? [] : workloads.filter(({ options }) => waitsForReplicas(options))
  const others = workloads.filter((one) => !waiting.includes(one))
  const spared =
    step.verb === 'partition'
      ? `${clientsOf(others)} feel only what follows from this: ${links} cut, and not those to clients.`
      : `${clientsOf(others)} do not feel this: only ${links} worse.`
  const felt = `${clientsOf(waiting)} feel it through replicas, which they wait for.`
  return [...(others.length > 0 || workloads.length === 0 ? [spared] : []), ...(waiting.length > 0 ? [felt] : [])].join(
    ' ',
  )
}

function needsReplicas({ options }: ScenarioWorkload): boolean {
  return waitsForReplicas(options) || options.readFrom === 'replica'
}

/** Undefined without load: nobody is there to feel it. */
function ofServers(
  moment: Moment,
  workloads: readonly ScenarioWorkload[],
  owners: readonly number[],
): string | undefined {
  if (workloads.length === 0) return undefined
  const nodes = nodesOf(moment)
  const areReplicas = nodes?.every(({ role }) => role === 'replica') === true
  const shards = nodes?.map(({ shard }) => shard)
  const near = workloads.filter((one) => hasKeysIn(one, shards, owners))
  const touched = areReplicas ? near.filter(needsReplicas) : near
  const away = workloads.filter((one) => !near.includes(one))
  const sparing = near.filter((one) => !touched.includes(one))
  const where = wordsFor(shards)
  return [
    ...(touched.length > 0 ? [`${clientsOf(touched)} feel this${where}.`] : []),
    ...(sparing.length > 0 ? [`${clientsOf(sparing)} do not feel this: they use masters alone.`] : []),
    ...(away.length > 0 ? [`${clientsOf(away)} do not feel this: they have no keys${where}.`] : []),
  ].join(' ')
}

function hasKeysIn(
  { options }: ScenarioWorkload,
  shards: readonly (number | undefined)[] | undefined,
  owners: readonly number[],
): boolean {
  const loaded = options.shards?.map((shard) => shard + 1) ?? owners
  return shards === undefined || shards.some((shard) => shard === undefined || loaded.includes(shard))
}

/** ` in shard 1`; nothing where it is not known. */
function wordsFor(shards: readonly (number | undefined)[] | undefined): string {
  const known = [...new Set(shards)].filter((shard) => shard !== undefined)
  if (shards === undefined || shards.includes(undefined)) return ' where it falls on their keys'
  return ` in ${known.length === 1 ? 'shard' : 'shards'} ${listed(known.map(String), 5)}`
}

function clientsOf(workloads: readonly ScenarioWorkload[]): string {
  const names = workloads.map(({ name }) => name)
  return names.length === 0 ? 'Clients' : `Clients of ${listed(names, 3)}`
}
