import { addNode } from './add-node.ts'
import { bus } from './bus.ts'
import { clock } from './clock.ts'
import { config } from './config.ts'
import { connectionsFull } from './connections-full.ts'
import { cpu } from './cpu.ts'
import { damage } from './damage.ts'
import { dataWiped } from './data-wiped.ts'
import { disk } from './disk.ts'
import { droppedPackets } from './dropped-packets.ts'
import { expect } from './expect.ts'
import { failover } from './failover.ts'
import { forget } from './forget.ts'
import { fullResync } from './full-resync.ts'
import { heal } from './heal.ts'
import { kill } from './kill.ts'
import { letVerb } from './let.ts'
import { lie } from './lie.ts'
import { lostVotes } from './lost-votes.ts'
import { meet } from './meet.ts'
import { memory } from './memory.ts'
import { migration } from './migration.ts'
import { network } from './network.ts'
import { parallel } from './parallel.ts'
import { partition } from './partition.ts'
import { pause } from './pause.ts'
import { powerCut } from './power-cut.ts'
import { rebalance } from './rebalance.ts'
import { redis } from './redis.ts'
import { removeNode } from './remove-node.ts'
import { repeat } from './repeat.ts'
import { replicate } from './replicate.ts'
import { reset } from './reset.ts'
import { reshard } from './reshard.ts'
import { restart } from './restart.ts'
import { stall } from './stall.ts'
import { start } from './start.ts'
import { stop } from './stop.ts'
import { unpause } from './unpause.ts'
import { use } from './use.ts'
import type { Verb } from './verb.ts'
import { verify } from './verify.ts'
import { wait } from './wait.ts'
import { write } from './write.ts'
import { writesRefused } from './writes-refused.ts'

/** The verbs of the language, in the order in which they are shown. */
export const verbs: readonly Verb[] = [
  write,
  verify,
  redis,
  stop,
  kill,
  powerCut,
  pause,
  unpause,
  start,
  restart,
  partition,
  network,
  bus,
  lie,
  config,
  stall,
  writesRefused,
  connectionsFull,
  lostVotes,
  droppedPackets,
  fullResync,
  cpu,
  memory,
  disk,
  dataWiped,
  damage,
  clock,
  heal,
  failover,
  reshard,
  rebalance,
  migration,
  addNode,
  removeNode,
  forget,
  replicate,
  meet,
  reset,
  letVerb,
  wait,
  parallel,
  repeat,
  use,
  expect,
]

export const verbByName: ReadonlyMap<string, Verb> = new Map(verbs.map((verb) => [verb.name, verb]))
