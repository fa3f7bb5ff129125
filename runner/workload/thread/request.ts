import type { Stall } from '../../base/pulse.ts'
import type { SlotRange } from '../../cluster/view.ts'
import type { GuestPlace } from '../../platforms/platform.ts'
import type { LoadSeries } from '../../record/load-series.ts'
import type { NodeAddress } from '../client/slot-map.ts'
import type { Unended } from '../client/unended.ts'
import type { Misdeed } from '../drivers/driver-client.ts'
import type { LoadOptions } from '../options.ts'

/** A workload that is to run. */
interface PlannedWorkload {
  name: string
  options: LoadOptions
  /** The file of its history; its folder exists. */
  file: string
  /** The file of what its client driver says on stderr, if it has one. */
  driverLog?: string
  /** Its user at the servers. Default: the user `default`. */
  username?: string
  /** The port of the application that it goes through, if it does. */
  port?: number
}

/** All that the thread of the load must know. Plain data. */
export interface LoadRequest {
  workloads: readonly PlannedWorkload[]
  nodes: readonly NodeAddress[]
  /** Where clients that are images are run. */
  guests?: GuestPlace
  password: string
  /** Slots of each shard when the scenario begins. */
  shards: readonly (readonly SlotRange[])[]
  /** Random choices are drawn from it. */
  seed: number
  /**
   * Begin of the scenario by the machine's monotonic clock (`process.hrtime`), ms: threads have clocks of their own.
   */
  originMs: number
  /** The same moment by the wall clock, ms since the epoch. */
  startWallMs: number
}

/** What is asked of the thread, and what it answers with. */
export interface Methods {
  open: { arg: LoadRequest; result: LoadRefusal | undefined }
  begin: { arg: undefined; result: undefined }
  phase: { arg: string; result: undefined }
  /**
   * `waitedMs`: how long somebody has waited for outages to end. The result is how long clients have been out, by
   * workload, ms: of those alone that are.
   */
  outForMs: { arg: { waitedMs: number }; result: Record<string, number> }
  /** The result is what clients have not ended of what nobody waits for any more, by workload. */
  rest: { arg: undefined; result: Record<string, Unended> }
  stop: { arg: undefined; result: undefined }
  /**
   * `withinMs`: reads that fail are tried again that long; `except`: workloads that are not asked, for nobody would answer.
   * The result is how many came to nothing, by workload.
   */
  readFinals: { arg: { withinMs: number; except: readonly string[] }; result: Record<string, number> }
  /** The result is what could not be written. */
  close: { arg: undefined; result: string[] }
}

/** Why a load cannot run here, for people. */
export interface LoadRefusal {
  message: string
  hint?: string
}

export type Method = keyof Methods

export interface Question<M extends Method = Method> {
  id: number
  method: M
  arg: Methods[M]['arg']
}

/** What is seen of a client driver. */
export type SeenDriver =
  | { did: 'ready'; name: string; version: string; can: readonly string[] }
  /** It did what no driver may do, and its load is worth nothing. */
  | ({ did: 'misbehave' } & Misdeed)
  /** It had to be ended with a signal. */
  | { did: 'stay'; text: string }

export type FromThread =
  | { type: 'answer'; id: number; result: unknown }
  | { type: 'broke'; id: number; error: unknown }
  | { type: 'series'; workload: string; series: LoadSeries }
  /** The thread stood still; ms from the scenario's start. */
  | { type: 'stall'; stall: Stall }
  /** Somebody else was met on the port of a node. */
  | { type: 'stranger'; node: string; text: string }
  | { type: 'driver'; workload: string; seen: SeenDriver }
