import type { Clock } from '../base/clock.ts'
import { abortAfterRunning } from '../base/time-limit.ts'
import type { LiveCluster } from '../cluster/live-cluster.ts'
import { PlatformError } from '../platforms/errors.ts'
import type { ServerGroup } from '../platforms/platform.ts'
import { type Fault, type FaultKind, type FaultStage, NotProven } from './fault.ts'
import { faultKind } from './index.ts'

export interface BoardOptions {
  cluster: LiveCluster
  servers: ServerGroup
  clock: Clock
  /**
   * Keeps what should be wrong now; called before anything is applied and after anything is healed. Throws
   * PlatformError.
   */
  keep(faults: readonly Fault[]): void
  /** Told when a fault has been seen to bite, and when it has been seen to bite no more. */
  onChange?(change: FaultChange): void
  /** Faults that are there already, as a journal tells. */
  active?: readonly Fault[]
}

interface FaultChange {
  fault: Fault
  state: 'began' | 'ended'
  proof: string
  /** Applying it, or taking it away, began; on the board's clock. */
  fromMs: number
  /** It was applied, or taken away; the proof came after. */
  toMs: number
}

/** A fault that is to begin, its targets resolved. */
export interface FaultPlan<Spec> {
  spec: Spec
  /** The nodes that it bites; they must be running. */
  nodes: readonly string[]
  sentence: string
}

/**
 * What is wrong on purpose now, as data. A fault is kept before it is applied and forgotten once it has been seen to be
 * healed; one that cannot be applied or proven is healed again before `begin` rejects.
 */
export class FaultBoard {
  readonly #options: BoardOptions
  #active: Fault[]
  #lastId: number

  constructor(options: BoardOptions) {
    this.#options = options
    this.#active = [...(options.active ?? [])]
    this.#lastId = this.#active.length
  }

  get active(): readonly Fault[] {
    return this.#active
  }

  /**
   * Brings a fault about; `appliedAtMs`: when it was applied, before it was proven. Throws NotProven, PlatformError
   * (UnsupportedFault), or the signal's reason.
   */
  async begin<Spec>(
    kind: FaultKind<Spec>,
    plan: FaultPlan<Spec>,
    signal: AbortSignal,
  ): Promise<{ fault: Fault; proof: string; appliedAtMs: number }> {
    signal.throwIfAborted()
    const memo = await kind.remember(plan.spec, this.#stage(signal))
    this.#lastId += 1
    const fault: Fault = { id: `f${this.#lastId}`, kind: kind.name, memo, ...plan, nodes: [...plan.nodes] }
    this.#keep([...this.#active, fault])
    try {
      const stage = this.#stage(signal)
      const fromMs = this.#options.clock.nowMs()
      await kind.apply(fault, stage)
      const appliedAtMs = this.#options.clock.nowMs()
      const proof = await kind.prove(fault, stage)
      this.#options.onChange?.({ fault, state: 'began', proof, fromMs, toMs: appliedAtMs })
      return { fault, proof, appliedAtMs }
    } catch (failure) {
      await this.#undo(fault, kind)
      throw failure
    }
  }

  /**
   * Takes a fault away. Throws NotHealed or PlatformError, and the fault is then still kept; NotProven for one that is
   * healed, and has never bitten. No such fault: nothing happens.
   */
  async end(id: string, signal: AbortSignal): Promise<string> {
    const fault = this.#active.find((one) => one.id === id)
    if (!fault) return 'it was healed already'
    const kind = faultKind(fault.kind)
    const stage = this.#stage(
      signal,
      this.#active.filter((one) => one !== fault),
    )
    const fromMs = this.#options.clock.nowMs()
    const did = await sumUp(kind, fault, stage)
    await kind.heal(fault, stage)
    const toMs = this.#options.clock.nowMs()
    const healed = await kind.proveHealed(fault, stage)
    const proof = did === undefined ? healed : `${did instanceof NotProven ? did.message : did}; ${healed}`
    this.#keep(this.#active.filter((one) => one !== fault))
    this.#options.onChange?.({ fault, state: 'ended', proof, fromMs, toMs })
    if (did instanceof NotProven) throw new NotProven(`${fault.sentence}: ${did.message}`, did.hint)
    return proof
  }

  /**
   * Takes all faults away, the last first, going on after a failure. When all were tried, throws the first failure that
   * left a fault in place; without one, the NotProven of the first that has never bitten.
   */
  async endAll(signal: AbortSignal): Promise<{ fault: Fault; proof: string }[]> {
    const healed: { fault: Fault; proof: string }[] = []
    const failures: unknown[] = []
    for (const fault of [...this.#active].reverse()) {
      try {
        healed.push({ fault, proof: await this.end(fault.id, signal) })
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures.find((failure) => !(failure instanceof NotProven)) ?? failures[0]
    return healed
  }

  /** Applies again what these nodes lost by starting anew, and proves it. Returns the proofs. Throws as `begin`. */
  async reapply(nodes: readonly string[], signal: AbortSignal): Promise<string[]> {
    const lost = this.#active.filter(
      (fault) => faultKind(fault.kind).lostByRestart && fault.nodes.some((node) => nodes.includes(node)),
    )
    const proofs: string[] = []
    for (const fault of lost) {
      const kind = faultKind(fault.kind)
      const stage = this.#stage(signal)
      await kind.apply(fault, stage)
      proofs.push(`${fault.sentence}, applied again: ${await kind.prove(fault, stage)}`)
    }
    return proofs
  }

  /** What was begun and failed leaves nothing behind; what cannot be taken away stays kept, for `heal`. */
  async #undo(fault: Fault, kind: Pick<FaultKind, 'heal'>): Promise<void> {
    const rest = this.#active.filter((one) => one !== fault)
    try {
      // Not the step's signal: that may be why it failed.
      await kind.heal(fault, this.#stage(abortAfterRunning(UNDO_WITHIN_MS), rest))
      this.#keep(rest)
    } catch {
      // The failure that led here is the one to tell; the scenario's end tries again, and tells what is left.
    }
  }

  #keep(faults: Fault[]): void {
    this.#options.keep(faults)
    this.#active = faults
  }

  #stage(signal: AbortSignal, active: readonly Fault[] = this.#active): FaultStage {
    const { cluster, servers, clock } = this.#options
    return { cluster, servers, clock, signal, active }
  }
}

/** A fault that did nothing is taken away all the same, and so is one whose deeds nobody can tell any more. */
async function sumUp(kind: FaultKind, fault: Fault, stage: FaultStage): Promise<string | NotProven | undefined> {
  try {
    return await kind.sumUp(fault, stage)
  } catch (error) {
    if (error instanceof NotProven) return error
    if (error instanceof PlatformError) return `what it did is not known (${error.message})`
    throw error
  }
}

const UNDO_WITHIN_MS = 10_000
