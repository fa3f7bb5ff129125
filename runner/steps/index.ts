import { clock } from './clock.ts'
import { config } from './config.ts'
import { connectionsFull } from './connections-full.ts'
import { cpu } from './cpu.ts'
import { dataWiped } from './data-wiped.ts'
import { disk } from './disk.ts'
import { droppedPackets } from './dropped-packets.ts'
import { expect } from './expect.ts'
import { failover } from './failover.ts'
import { fullResync } from './full-resync.ts'
import { heal } from './heal.ts'
import { kill } from './kill.ts'
import { letVerb } from './let.ts'
import { lostVotes } from './lost-votes.ts'
import { memory } from './memory.ts'
import { network } from './network.ts'
import { parallel } from './parallel.ts'
import { partition } from './partition.ts'
import { pause } from './pause.ts'
import { redis } from './redis.ts'
import { repeat } from './repeat.ts'
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

/** A verb whose argument's type only its own schema knows: the schema checks what the verb is given. */
function anyVerb<Arg, Extras>(verb: Verb<Arg, Extras>): Verb {
  return verb as unknown as Verb
}

/** The verbs of the language, in the order in which they are shown. */
export const verbs: readonly Verb[] = [
  anyVerb(write),
  anyVerb(verify),
  anyVerb(redis),
  anyVerb(stop),
  anyVerb(kill),
  anyVerb(pause),
  anyVerb(unpause),
  anyVerb(start),
  anyVerb(restart),
  anyVerb(partition),
  anyVerb(network),
  anyVerb(config),
  anyVerb(stall),
  anyVerb(writesRefused),
  anyVerb(connectionsFull),
  anyVerb(lostVotes),
  anyVerb(droppedPackets),
  anyVerb(fullResync),
  anyVerb(cpu),
  anyVerb(memory),
  anyVerb(disk),
  anyVerb(dataWiped),
  anyVerb(clock),
  anyVerb(heal),
  anyVerb(failover),
  anyVerb(letVerb),
  anyVerb(wait),
  anyVerb(parallel),
  anyVerb(repeat),
  anyVerb(use),
  anyVerb(expect),
]

export const verbByName: ReadonlyMap<string, Verb> = new Map(verbs.map((verb) => [verb.name, verb]))
