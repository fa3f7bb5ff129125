import { z } from 'zod'
import type { Clock } from '../base/clock.ts'
import { ChaosError } from '../base/errors.ts'
import { EXIT } from '../base/exit.ts'
import type { LiveCluster } from '../cluster/live-cluster.ts'
import type { ServerGroup } from '../platforms/platform.ts'

/** One thing that is wrong on purpose, as data: a program that knows nothing else of the run can take it away. */
export interface Fault<Spec = unknown, Memo = unknown> {
  /** `f1`, `f2`, … in the order in which they begin. */
  id: string
  /** The kind's name. */
  kind: string
  spec: Spec
  /** What healing needs to know of the time before. */
  memo: Memo
  /** Nodes that it bites. */
  nodes: string[]
  /** In words: `cut redis-node0 off from all other nodes`. */
  sentence: string
}

/** A fault as a journal holds it. */
export const faultSchema: z.ZodType<Fault> = z.object({
  id: z.string(),
  kind: z.string(),
  spec: z.unknown(),
  memo: z.unknown().default(undefined),
  nodes: z.array(z.string()),
  sentence: z.string(),
})

/** What faults work on. */
export interface FaultStage {
  cluster: LiveCluster
  servers: ServerGroup
  clock: Clock
  signal: AbortSignal
  /** All that should be wrong now: with the fault that is applied or proven, without the one that is healed. */
  active: readonly Fault[]
}

/** The fault is not seen to bite within its deadline: nothing after it can be judged. */
export class NotProven extends ChaosError {
  override name = 'NotProven'
  override readonly stepVerdict = 'inconclusive'
  constructor(message: string, hint?: string) {
    super(message, { hint })
  }
}

/** The fault is still seen to bite, or what healing needs does not answer. `hint` says how to mend it by hand. */
export class NotHealed extends ChaosError {
  override name = 'NotHealed'
  override readonly exitCode = EXIT.failed
  override readonly stepVerdict = 'failed'
  constructor(message: string, hint?: string) {
    super(message, { hint })
  }
}

/**
 * A kind of fault as its file defines it, typed by its schemas. Specs and memos are JSON, for the journal. All but
 * `remember` are idempotent, and `heal` also mends what was applied only in part. Every method ends by itself within 10
 * s (the healing of what passes by itself when that has passed), or as soon as the signal aborts. Each may throw
 * PlatformError (UnsupportedFault among them, before anything is changed).
 */
export interface FaultDefinition<Spec, Memo> {
  name: string
  spec: z.ZodType<Spec>
  /** What `remember` gives; `z.undefined()` for a kind that remembers nothing. */
  memo: z.ZodType<Memo>
  /** Facts that healing needs, taken before anything is applied. Throws NotProven when the fault would be no change. */
  remember?(spec: Spec, stage: FaultStage): Promise<Memo>
  apply(fault: Fault<Spec, Memo>, stage: FaultStage): Promise<void>
  /** What shows, from outside, that it bites. Throws NotProven. */
  prove(fault: Fault<Spec, Memo>, stage: FaultStage): Promise<string>
  /** What it has done, asked for before it is taken away. Throws NotProven where it has done nothing. */
  sumUp?(fault: Fault<Spec, Memo>, stage: FaultStage): Promise<string>
  heal(fault: Fault<Spec, Memo>, stage: FaultStage): Promise<void>
  /** The same look as `prove`, showing that it bites no more. Throws NotHealed. */
  proveHealed(fault: Fault<Spec, Memo>, stage: FaultStage): Promise<string>
  /** A server that starts anew is free of it, so that it must be applied again. */
  lostByRestart: boolean
}

/**
 * A kind whose faults are not read yet, as they come from a step or out of a journal. Its methods promise what those of
 * its definition do, and throw ZodError for a fault that is none of this kind.
 */
export interface FaultKind<Spec = never> {
  readonly name: string
  readonly lostByRestart: boolean
  /** The memo of a fault that is to begin. */
  remember(spec: Spec, stage: FaultStage): Promise<unknown>
  apply(fault: Fault, stage: FaultStage): Promise<void>
  prove(fault: Fault, stage: FaultStage): Promise<string>
  /** Undefined where what was proven at its beginning is all that there is to tell. */
  sumUp(fault: Fault, stage: FaultStage): Promise<string | undefined>
  heal(fault: Fault, stage: FaultStage): Promise<void>
  proveHealed(fault: Fault, stage: FaultStage): Promise<string>
}

export function defineFault<Spec, Memo>(definition: FaultDefinition<Spec, Memo>): FaultKind<Spec> {
  const { name, lostByRestart, spec, memo } = definition
  const read = (fault: Fault) => ({ ...fault, spec: spec.parse(fault.spec), memo: memo.parse(fault.memo) })
  return {
    name,
    lostByRestart,
    remember: async (wanted, stage) => await definition.remember?.(wanted, stage),
    apply: async (fault, stage) => await definition.apply(read(fault), stage),
    prove: async (fault, stage) => await definition.prove(read(fault), stage),
    sumUp: async (fault, stage) => await definition.sumUp?.(read(fault), stage),
    heal: async (fault, stage) => await definition.heal(read(fault), stage),
    proveHealed: async (fault, stage) => await definition.proveHealed(read(fault), stage),
  }
}
