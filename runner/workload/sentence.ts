import { formatDuration } from '../base/duration.ts'
import { plural } from '../base/text.ts'
import type { LoadOptions } from './options.ts'

/** What a workload does, in words: `register, 8 clients at 500/s, 1000 keys`. */
export function workloadSentence(options: LoadOptions): string {
  const { type, clients, perSecond, keys, client, readFrom, wait, durability, shards, timeoutMs, distribution } =
    options
  const pace = perSecond === undefined ? 'as fast as they can' : `at ${rateText(perSecond)}`
  const where = shards ? ` of shard ${shards.map((shard) => shard + 1).join(', ')}` : ''
  const parts = [
    type,
    `${plural(clients, 'client')} ${pace}`,
    `${plural(keys, type === 'pubsub' ? 'channel' : 'key')}${where}`,
    ...(distribution.kind === 'uniform' ? [] : [`${distribution.kind} distribution`]),
    ...(client === 'ioredis' ? ['through a cluster client of ioredis'] : []),
    ...(readFrom === 'replica' ? ['reading from replicas'] : []),
    ...(wait ? [`each write on ${plural(wait.replicas, 'replica')} within ${formatDuration(wait.timeoutMs)}`] : []),
    ...(durability ? [`each write on disk within ${formatDuration(durability.timeoutMs)}`] : []),
    `${formatDuration(timeoutMs).replace('.00', '')} for an operation`,
  ]
  return parts.join(', ')
}

function rateText(perSecond: number): string {
  return perSecond >= 1 ? `${Number(perSecond.toFixed(1))}/s` : `${Number((perSecond * 60).toFixed(1))}/m`
}
