import { formatDuration, parseDuration } from '../base/duration.ts'
import { plural } from '../base/text.ts'
import type { FunctionName, WorkloadType } from '../record/history-codes.ts'
import type { Distribution } from './drive/keys.ts'
import type { DriverPlan, WrittenDriver } from './drivers/plan.ts'
import { parseRate } from './option-schemas.ts'

/** Options with the defaults in place, as plain data. */
export interface LoadOptions {
  type: WorkloadType
  /** `driver`: a client library of its own process, by `driver`; `http`: an application, by `http`. */
  client: 'direct' | 'ioredis' | 'driver' | 'http'
  ioredis: Record<string, unknown>
  driver?: DriverPlan
  /** The application that carries the operations, and the paths of its requests. */
  http?: { app: string; put: string; get: string }
  clients: number
  /** Operations a second; absent: closed loop. */
  perSecond?: number
  keys: number
  mix: Partial<Record<FunctionName, number>>
  valueSize: number
  distribution: Distribution
  readFrom: 'master' | 'replica'
  wait?: { replicas: number; timeoutMs: number }
  durability?: { local: number; replicas: number; timeoutMs: number }
  timeoutMs: number
  /** Places of the shards in the scenario's cluster, from 0; absent: all. */
  shards?: number[]
  /** As written, for what one type of workload alone has. */
  own: Record<string, unknown>
}

const DEFAULTS = { clients: 8, timeoutMs: 1000, waitMs: 500, zipf: 0.99, hotShare: 0.9, keysToAHotOne: 100 }

/** What a schema of a workload accepts, as far as the types have it in common. */
interface Written {
  type: WorkloadType
  client?: WrittenClient
  ioredis?: Record<string, unknown>
  options?: Record<string, unknown>
  clients?: number
  rate?: string
  keys?: number
  /** The keys of pub/sub. */
  channels?: number
  mix?: Partial<Record<FunctionName, number>>
  value_size?: number
  distribution?: 'uniform' | 'zipf' | 'hot' | { zipf: number } | { hot: { keys: number; share: number } }
  read_from?: 'master' | 'replica'
  wait?: { replicas: number; timeout?: string }
  durability?: { local?: number; replicas?: number; timeout?: string }
  timeout?: string
  shards?: number | number[]
}

/** Who carries the operations, as it is written. */
type WrittenClient = 'direct' | 'ioredis' | WrittenDriver

/** Of options that a workload's schema has accepted: its driver, if it goes through one. */
export function writtenDriver(
  accepted: unknown,
): { client: WrittenDriver; options: Record<string, unknown> } | undefined {
  const { client = 'direct', options = {} } = accepted as Written
  return client === 'direct' || client === 'ioredis' ? undefined : { client, options }
}

/**
 * The options that a workload's schema has accepted, with the defaults of its kind. `driver`: how the one that they name
 * is started.
 */
export function resolveOptions(
  accepted: unknown,
  kind: { mix: LoadOptions['mix']; keys: number },
  driver?: DriverPlan,
): LoadOptions {
  const written = accepted as Written
  const keys = written.keys ?? written.channels ?? kind.keys
  const perSecond = written.rate === undefined ? undefined : parseRate(written.rate)
  const { wait, durability, shards } = written
  return {
    type: written.type,
    client: driver ? 'driver' : written.client === 'ioredis' ? 'ioredis' : 'direct',
    ioredis: written.ioredis ?? (written.client === 'ioredis' ? written.options : undefined) ?? {},
    ...(driver && { driver }),
    clients: written.clients ?? DEFAULTS.clients,
    ...(perSecond === undefined ? {} : { perSecond }),
    keys,
    mix: written.mix ?? kind.mix,
    valueSize: written.value_size ?? 0,
    distribution: distributionOf(written.distribution, keys),
    readFrom: written.read_from ?? 'master',
    ...(wait ? { wait: { replicas: wait.replicas, timeoutMs: msOf(wait.timeout, DEFAULTS.waitMs) } } : {}),
    ...(durability
      ? {
          durability: {
            local: durability.local ?? 1,
            replicas: durability.replicas ?? 0,
            timeoutMs: msOf(durability.timeout, DEFAULTS.waitMs),
          },
        }
      : {}),
    timeoutMs: msOf(written.timeout, DEFAULTS.timeoutMs),
    ...(shards === undefined ? {} : { shards: [shards].flat().map((shard) => shard - 1) }),
    own: accepted as Record<string, unknown>,
  }
}

function distributionOf(written: Written['distribution'], keys: number): Distribution {
  if (written === undefined || written === 'uniform') return { kind: 'uniform' }
  if (written === 'zipf') return { kind: 'zipf', exponent: DEFAULTS.zipf }
  if (written === 'hot') {
    return { kind: 'hot', keys: Math.max(1, Math.floor(keys / DEFAULTS.keysToAHotOne)), share: DEFAULTS.hotShare }
  }
  if ('zipf' in written) return { kind: 'zipf', exponent: written.zipf }
  return { kind: 'hot', keys: written.hot.keys, share: written.hot.share / 100 }
}

function msOf(text: string | undefined, otherwiseMs: number): number {
  return (text === undefined ? undefined : parseDuration(text)) ?? otherwiseMs
}

/** What a workload does, in words: `register, 8 clients at 500/s, 1000 keys`. */
export function workloadSentence(options: LoadOptions): string {
  const {
    type,
    clients,
    perSecond,
    keys,
    client,
    driver,
    http,
    readFrom,
    wait,
    durability,
    shards,
    timeoutMs,
    distribution,
  } = options
  const pace = perSecond === undefined ? 'as fast as they can' : `at ${rateText(perSecond)}`
  const where = shards ? ` of shard ${shards.map((shard) => shard + 1).join(', ')}` : ''
  const parts = [
    http ? 'http' : type,
    `${plural(clients, 'client')} ${pace}`,
    `${plural(keys, type === 'pubsub' ? 'channel' : 'key')}${where}`,
    ...(distribution.kind === 'uniform' ? [] : [`${distribution.kind} distribution`]),
    ...(client === 'ioredis' ? ['through a cluster client of ioredis'] : []),
    ...(driver ? [`through the client driver ${driver.client}`] : []),
    ...(http ? [`through the application ${http.app}`] : []),
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
