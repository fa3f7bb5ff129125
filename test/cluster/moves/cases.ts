import type { MoveHow } from '../../../runner/cluster/moves/move.ts'

/** Where `reshard` leaves its four slots; `begun`: it goes on in the background, and no key has come over yet. */
export type State = 'none' | 'importing' | 'half' | 'handoff' | 'begun'

/** Which of the slots is open where a move is left there; those before it are moved. */
export function openPlace(state: State): number {
  return state === 'half' ? 2 : state === 'handoff' ? 3 : 0
}

type End = 'source' | 'target'

/**
 * `killed`, `stopped`, `isolated`: its replica takes over; `dies`: it is elected. `and back`: it is there again before
 * the verb is played; else the verb meets it as it is. `restarted`, `paused`: nobody takes over.
 */
export type Fault =
  | 'none'
  | 'the runner dies'
  | 'the target dies before its replica has the keys'
  | `${End} ${'killed' | 'dies' | 'stopped' | 'isolated' | 'paused'}${'' | ' and back'}`
  | `${End} ${'restarted' | 'failed over' | 'forced over' | 'taken over'}`

export type Verb =
  | 'resume'
  | 'cancel'
  | 'heal'
  | 'reshard'
  | 'rebalance'
  | 'remove-node'
  | 'replicate'
  | 'add-node'
  | 'failover'
  | 'expect done'
  | 'expect failed'

/** Whose the slots are afterwards: all four, or the one that was open. */
export type Ends = 'all at target' | 'all at source' | 'open one at source' | 'open one at target' | 'at either'

/** `refused`: so it must be; by a node that is paused, it may be. */
export type Case = readonly [state: State, fault: Fault, verb: Verb, ends: Ends, refused?: RegExp]

export interface CaseOptions {
  how: MoveHow
  row: Case
  slots: readonly number[]
  /** A server is known to end by itself in such a case. */
  mayCrash: boolean
}

/** Keys that are lost, and why; of no other case any is. */
export const LOSSES: ReadonlyMap<Fault, string> = new Map([
  [
    'the target dies before its replica has the keys',
    'MIGRATE takes a key from the source as soon as the target has it, whether or not a replica has it too',
  ],
])

/** With SETSLOT and MIGRATE. */
export const BY_KEYS: readonly Case[] = [
  ['none', 'none', 'reshard', 'all at target'],
  ['none', 'source failed over', 'reshard', 'all at target'],
  ['none', 'target taken over', 'reshard', 'all at target'],
  ['none', 'source killed', 'reshard', 'all at target'],
  ['none', 'target isolated', 'reshard', 'all at source', /are owned by both redis-node/],
  ['none', 'source paused', 'reshard', 'all at source', /redis-node\d.* (does|did) not answer/],
  ['none', 'target paused', 'reshard', 'all at source', /redis-node\d.* (does|did) not answer/],
  ['none', 'source restarted', 'rebalance', 'at either'],
  ['none', 'target failed over', 'rebalance', 'at either'],
  ['importing', 'none', 'resume', 'all at target'],
  ['importing', 'none', 'cancel', 'open one at target'],
  ['importing', 'the runner dies', 'heal', 'open one at target'],
  ['importing', 'source failed over', 'resume', 'all at target'],
  ['importing', 'source forced over', 'heal', 'open one at source'],
  ['importing', 'target failed over', 'resume', 'all at target'],
  ['importing', 'target taken over', 'cancel', 'open one at source'],
  ['importing', 'source killed', 'resume', 'all at target'],
  ['importing', 'target killed', 'resume', 'all at target'],
  ['importing', 'source restarted', 'resume', 'all at target'],
  ['importing', 'target restarted', 'heal', 'open one at target'],
  ['importing', 'source isolated and back', 'resume', 'all at target'],
  ['importing', 'none', 'reshard', 'open one at target', /slots \d+ are open on redis-node/],
  ['importing', 'none', 'add-node', 'open one at target'],
  ['half', 'none', 'resume', 'all at target'],
  ['half', 'none', 'cancel', 'open one at source'],
  ['half', 'the runner dies', 'heal', 'open one at source'],
  ['half', 'source failed over', 'resume', 'all at target'],
  ['half', 'source taken over', 'heal', 'open one at source'],
  ['half', 'target failed over', 'resume', 'all at target'],
  ['half', 'target forced over', 'heal', 'open one at source'],
  ['half', 'source killed', 'resume', 'all at target'],
  ['half', 'source dies and back', 'resume', 'all at target'],
  ['half', 'target killed', 'resume', 'all at target'],
  ['half', 'target dies and back', 'resume', 'all at target'],
  ['half', 'target paused', 'resume', 'at either', /redis-node\d.* (does|did) not answer/],
  ['half', 'source stopped and back', 'heal', 'open one at source'],
  ['half', 'target stopped and back', 'heal', 'open one at source'],
  ['half', 'source restarted', 'resume', 'all at target'],
  ['half', 'target restarted', 'resume', 'all at target'],
  ['half', 'source isolated and back', 'heal', 'open one at source'],
  ['half', 'target isolated and back', 'resume', 'all at target'],
  ['half', 'the target dies before its replica has the keys', 'resume', 'all at target'],
  ['half', 'none', 'rebalance', 'open one at source', /slots \d+ are open on redis-node/],
  ['half', 'none', 'remove-node', 'open one at source', /slots \d+ are open on redis-node/],
  ['half', 'none', 'replicate', 'open one at source', /it is not empty/],
  ['half', 'none', 'failover', 'open one at source'],
  ['handoff', 'none', 'resume', 'all at target'],
  ['handoff', 'none', 'cancel', 'open one at target'],
  ['handoff', 'the runner dies', 'heal', 'open one at target'],
  ['handoff', 'source failed over', 'resume', 'all at target'],
  ['handoff', 'target failed over', 'resume', 'all at target'],
  ['handoff', 'source killed and back', 'resume', 'all at target'],
  ['handoff', 'target killed and back', 'heal', 'open one at target'],
  ['handoff', 'target restarted', 'heal', 'open one at target'],
  ['begun', 'none', 'expect done', 'all at target'],
  ['begun', 'source killed', 'expect failed', 'open one at source'],
  ['begun', 'target killed', 'expect failed', 'open one at source'],
  ['begun', 'source restarted', 'resume', 'all at target'],
  ['begun', 'target restarted', 'resume', 'all at target'],
]

/**
 * Valkey 9.1.2 may crash (in getClientOutputBufferMemoryUsage, or by an assertion in networking.c) where a master that
 * gets slots is made a replica meanwhile. No key is lost by that: it is started again.
 */
export const CRASHES_VALKEY = /^target (failed over|taken over)/
export const VALKEY_CRASH = /crashed by signal: 11|'c->conn' is not true/

/** By Valkey, which can be kept at each stage. */
export const BY_VALKEY: readonly Case[] = [
  ['none', 'none', 'reshard', 'all at target'],
  ['none', 'source killed', 'reshard', 'all at target'],
  ['none', 'target failed over', 'reshard', 'all at target'],
  ['importing', 'none', 'resume', 'all at target'],
  ['importing', 'none', 'cancel', 'all at source'],
  ['importing', 'source failed over', 'resume', 'all at target'],
  ['importing', 'target failed over', 'resume', 'all at target'],
  ['half', 'none', 'resume', 'all at target'],
  ['half', 'none', 'cancel', 'all at source'],
  ['half', 'the runner dies', 'heal', 'all at source'],
  ['half', 'source failed over', 'resume', 'all at target'],
  ['half', 'source killed', 'resume', 'all at target'],
  ['half', 'source restarted', 'cancel', 'all at source'],
  ['half', 'target taken over', 'resume', 'all at target'],
  ['half', 'target killed', 'resume', 'all at target'],
  ['half', 'target restarted', 'resume', 'all at target'],
  ['half', 'source isolated and back', 'resume', 'all at target'],
  ['half', 'none', 'reshard', 'all at source', /of these nodes, called case, is held/],
  ['handoff', 'none', 'resume', 'all at target'],
  ['handoff', 'none', 'cancel', 'all at source'],
  ['handoff', 'source killed', 'resume', 'all at target'],
  ['handoff', 'target killed', 'resume', 'all at target'],
]

/** By Redis, which can be kept in its snapshot alone. */
export const BY_REDIS: readonly Case[] = [
  ['none', 'none', 'reshard', 'all at target'],
  ['none', 'source killed', 'reshard', 'all at target'],
  ['none', 'target failed over', 'reshard', 'all at target'],
  ['importing', 'none', 'resume', 'all at target'],
  ['importing', 'none', 'cancel', 'all at source'],
  ['importing', 'the runner dies', 'heal', 'all at source'],
  ['importing', 'source failed over', 'resume', 'all at target'],
  ['importing', 'source killed', 'resume', 'all at target'],
  ['importing', 'source dies and back', 'expect done', 'all at target'],
  ['importing', 'source restarted', 'expect done', 'all at target'],
  ['importing', 'target failed over', 'resume', 'all at target'],
  ['importing', 'target killed', 'resume', 'all at target'],
  ['importing', 'target restarted', 'resume', 'all at target'],
  ['importing', 'source isolated and back', 'resume', 'all at target'],
  ['importing', 'none', 'reshard', 'all at source', /of these nodes, called case, is held/],
]
