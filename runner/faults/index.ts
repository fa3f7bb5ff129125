import { bus } from './bus.ts'
import { clock } from './clock.ts'
import { config } from './config.ts'
import { connectionsFull } from './connections-full.ts'
import { cpu } from './cpu.ts'
import { damage } from './damage.ts'
import { dataWiped } from './data-wiped.ts'
import { disk } from './disk.ts'
import { droppedPackets, lostVotes } from './dropped-packets.ts'
import type { FaultKind } from './fault.ts'
import { fullResync } from './full-resync.ts'
import { lie } from './lie.ts'
import { memory } from './memory.ts'
import { network } from './network.ts'
import { partition } from './partition.ts'
import { stall } from './stall.ts'
import { writesRefused } from './writes-refused.ts'

/** The kinds of faults, by name. */
const ALL: readonly FaultKind[] = [
  partition,
  network,
  bus,
  lie,
  config,
  stall,
  writesRefused,
  connectionsFull,
  droppedPackets,
  lostVotes,
  fullResync,
  cpu,
  memory,
  disk,
  dataWiped,
  damage,
  clock,
]

const KINDS: ReadonlyMap<string, FaultKind> = new Map(ALL.map((kind) => [kind.name, kind]))

export const faultKindNames: readonly string[] = [...KINDS.keys()]

/** Throws Error for a name that is no kind: a journal of another version may hold one. */
export function faultKind(name: string): FaultKind {
  const kind = KINDS.get(name)
  if (kind) return kind
  throw new Error(`there is no kind of fault ${name}; there are ${[...KINDS.keys()].join(', ')}`)
}
