import { PlayError } from '../base/errors.ts'
import { poll } from '../base/poll.ts'
import { plural } from '../base/text.ts'
import type { Shard } from '../cluster/agreed-view.ts'
import type { LiveCluster, Snapshot } from '../cluster/live-cluster.ts'
import {
  type MovedSlots,
  type MoveHow,
  MoveNotStoppable,
  type MoveStage,
  type SlotMove,
} from '../cluster/moves/move.ts'
import { moveSlots } from '../cluster/moves/move-slots.ts'
import { rangesOf, slotsIn } from '../cluster/moves/slot-numbers.ts'
import { countSlots } from '../cluster/slots.ts'

/** What a move that later steps can ask about may be found as. */
export const MIGRATION_STATES = ['running', 'stopped', 'done', 'failed', 'cancelled'] as const

export type MigrationState = (typeof MIGRATION_STATES)[number]

const SETTLED_WITHIN_MS = 5000
const LOOK_EVERY_MS = 50

/** The name of a move that is given none. */
export const DEFAULT_NAME = 'migration'

class Cancelled extends PlayError {
  override name = 'Cancelled'
}

export interface MigrationWork {
  cluster: LiveCluster
  how: MoveHow | undefined
  until: MoveStage | undefined
  /** As the nodes agreed when it began: the replicas of a target may come to be what it was. */
  shards: readonly Shard[]
  noteMoved(moved: MovedSlots): void
  /** Resolves when all nodes see the moved slots at their new owners. */
  prove(moves: readonly SlotMove[], signal: AbortSignal): Promise<unknown>
}

/** A move of slots that goes on while later steps play, or was left half-way. */
export class Migration {
  readonly name: string
  readonly moves: readonly SlotMove[]
  readonly work: MigrationWork
  /** A step expected it to fail. */
  isFailureExpected = false
  /** The servers have no way to leave it where it was to stop; nothing was begun. */
  isNotStoppable = false
  #state: MigrationState = 'running'
  /** Servers keep it where it is, and with it every other atomic move of the same nodes. */
  #isHeld = false
  #moved = 0
  #said = ''
  #over = new AbortController()
  #ended: Promise<void>

  constructor(name: string, moves: readonly SlotMove[], work: MigrationWork) {
    this.name = name
    this.moves = moves
    this.work = work
    this.#ended = this.#run(moves, work.until)
  }

  get state(): MigrationState {
    return this.#state
  }

  /** `running: 40 of 100 slots are moved, 60 left; …` */
  get text(): string {
    const total = countSlots(this.moves.flatMap(({ slots }) => slots))
    const said = this.#said === '' ? '' : `; ${this.#said}`
    return `${this.#state}: ${this.#moved} of ${plural(total, 'slot')} moved, ${total - this.#moved} left${said}`
  }

  /** Whether it keeps atomic moves between these nodes from their end. */
  holdsUp({ from, to }: SlotMove): boolean {
    return this.#isHeld && this.#state === 'stopped' && this.moves.some((own) => own.from === from || own.to === to)
  }

  /** Servers keep nothing any more. */
  noteLetGo(): void {
    this.#isHeld = false
  }

  /** Resolves when it goes on no more. */
  async ended(): Promise<void> {
    await this.#ended
  }

  /**
   * Waits up to 5 s until each slot has an owner that holds itself for a master: right after a failover the nodes may
   * still agree on who was replaced.
   */
  async ownersSettled(signal: AbortSignal): Promise<void> {
    const { cluster } = this.work
    const slots = this.moves.flatMap((move) => slotsIn(move.slots))
    const look = async () => {
      const { agreed, reports } = await cluster.look()
      const owners = new Set(slots.map((slot) => agreed.ownerOf(slot) ?? ''))
      return { ok: [...owners].every((name) => reports.get(name)?.replication.role === 'master'), seen: '' }
    }
    await poll(look, { clock: cluster.clock, signal, withinMs: SETTLED_WITHIN_MS, everyMs: LOOK_EVERY_MS })
  }

  /**
   * What the targets do not own yet, as the nodes say now: each slot from whoever owns it now, to whoever has taken over
   * from its target.
   */
  async left(): Promise<SlotMove[]> {
    const { agreed } = await this.work.cluster.look()
    return this.moves.flatMap(({ slots, from, to: target }) => {
      const to = heirOf(target, this.work.shards, agreed)
      const bySource = new Map<string, number[]>()
      for (const slot of slotsIn(slots)) {
        const owner = agreed.ownerOf(slot) ?? from
        if (owner !== to) bySource.set(owner, [...(bySource.get(owner) ?? []), slot])
      }
      return [...bySource].map(([owner, ofOwner]) => ({ slots: rangesOf(ofOwner), from: owner, to }))
    })
  }

  /** Whether all its slots are moved: servers may have come to the end by themselves after it was left to them. */
  async catchUp(): Promise<boolean> {
    const wasLeft = this.#state === 'stopped' || this.#state === 'cancelled'
    if (wasLeft && (await this.left()).length === 0) {
      this.#moved = countSlots(this.moves.flatMap(({ slots }) => slots))
      this.#end('done', 'the servers went on by themselves')
    }
    return this.#state === 'done'
  }

  /** Goes on with what is left of it, as `left` tells. */
  resume(left: readonly SlotMove[]): void {
    this.#moved = countSlots(this.moves.flatMap(({ slots }) => slots)) - countSlots(left.flatMap(({ slots }) => slots))
    this.#state = 'running'
    this.#over = new AbortController()
    this.#ended = this.#run(left, undefined)
  }

  /** Ends it where it is; open slots stay open, and what servers do by themselves goes on. */
  async cancel(reason: string): Promise<void> {
    this.#over.abort(new Cancelled(reason))
    await this.#ended
    this.#isHeld = false
    if (this.#state === 'stopped') this.#end('cancelled', reason)
  }

  async #run(moves: readonly SlotMove[], stopAt: MoveStage | undefined): Promise<void> {
    const { cluster, how, noteMoved, prove } = this.work
    const { signal } = this.#over
    this.#isHeld = false
    try {
      const { stoppedAt, how: by } = await moveSlots(moves, {
        ...{ cluster, how, signal, stopAt },
        onState: ({ stage, moved, said }) => {
          if (moved) {
            this.#moved += countSlots(moved.slots)
            noteMoved(moved)
          }
          this.#said = [stage, said].filter(Boolean).join(', ')
        },
      })
      this.#isHeld = stoppedAt !== undefined && by === 'atomic'
      if (stoppedAt !== undefined) return this.#end('stopped', `at ${stoppedAt}`)
      await prove(moves, signal)
      this.#end('done', '')
    } catch (error) {
      if (!(error instanceof Error)) throw error
      this.isNotStoppable = error instanceof MoveNotStoppable
      this.#end(error instanceof Cancelled ? 'cancelled' : 'failed', error.message)
    }
  }

  #end(state: MigrationState, said: string): void {
    this.#state = state
    this.#said = said
  }
}

/** The moves of one scenario that its steps can name. */
export class Migrations {
  readonly #byName = new Map<string, Migration>()

  get all(): readonly Migration[] {
    return [...this.#byName.values()]
  }

  /** Begins it. Undefined, and nothing begins, while one of that name goes on. */
  begin(name: string, moves: readonly SlotMove[], work: MigrationWork): Migration | undefined {
    if (this.#byName.get(name)?.state === 'running') return undefined
    const migration = new Migration(name, moves, work)
    this.#byName.set(name, migration)
    return migration
  }

  get(name: string): Migration | undefined {
    return this.#byName.get(name)
  }
}

/** Who of its shard has slots now; the node itself where nobody has. */
function heirOf(node: string, before: readonly Shard[], now: Snapshot['agreed']): string {
  const replicas = before.find(({ master }) => master === node)?.replicas ?? []
  return [node, ...replicas].find((name) => now.shards.some(({ master }) => master === name)) ?? node
}
