import { messageOf } from '../../base/errors.ts'
import { onAbort } from '../../base/on-abort.ts'
import { poll } from '../../base/poll.ts'
import { firstFew } from '../../base/text.ts'
import type { LiveCluster, Snapshot } from '../live-cluster.ts'
import type { Command, NodeClient } from '../node-client.ts'
import { failureOf } from '../reply-errors.ts'
import { formatSlotRanges } from '../slots.ts'
import { answersOfFollower } from './follower-answers.ts'
import { KeySender } from './key-sender.ts'
import { describeSlotsLeft } from './left-slots.ts'
import type { MovedSlots, MoveOptions, MoveOutcome, Mover, MoveStage, MoveState, SlotMove } from './move.ts'
import { MoveError, MoveTooLate } from './move.ts'
import { rangesOf, slotsIn } from './slot-numbers.ts'

/** So many slots are open at once: each step of a move is then one round trip for all of them. */
const SLOTS_AT_ONCE = 32

/**
 * Longer than a server takes that answers at all, ms: Valkey waits up to 2 s until its replicas know of a SETSLOT
 * (cluster_legacy.c, Valkey 8.0).
 */
const ANSWER_WITHIN_MS = 10_000

/** One that was just elected is known to all as a master within a second, and on a loaded machine within several, ms. */
const KNOWN_WITHIN_MS = 15_000
const LOOK_EVERY_MS = 50

/**
 * So many connections share the SETSLOTs to a node. Valkey holds back the answer to each, and all commands behind it on
 * its connection, until the replicas know of it.
 */
const LANES = 8

/**
 * As `redis-cli --cluster reshard` moves slots, several at a time: the target opens them, then the source; the keys go
 * over; and the new owner is told to the target first, so that no moment is without one, to the source, and to all
 * other masters.
 */
export const byKeys: Mover = {
  how: 'keys',
  lacking: async () => undefined,
  move: async (move, options) => {
    const mover = await KeysMover.begin(move, options)
    const stopListening = onAbort(options.signal, () => mover.close())
    try {
      return await mover.run()
    } finally {
      stopListening()
      mover.close()
    }
  },
}

class KeysMover {
  readonly #move: SlotMove
  readonly #options: MoveOptions
  readonly #ids: { from: string; to: string }
  readonly #source: readonly NodeClient[]
  readonly #target: readonly NodeClient[]
  readonly #sender: KeySender
  /** Masters that have no part in it. */
  readonly #others: Set<readonly NodeClient[]>
  /**
   * Slots whose owner the target does not know. It waits for them from one that has been replaced since: then it believes
   * nobody who owns them, and takes no key of them (clusterUpdateSlotsConfigWith, cluster.c, Redis 7.0).
   */
  readonly #unknown: ReadonlySet<number>
  readonly #moved: MovedSlots[] = []

  private constructor(
    move: SlotMove,
    options: MoveOptions,
    { ids, others, unknown }: { ids: Record<'from' | 'to', string>; others: string[]; unknown: Set<number> },
  ) {
    const { cluster } = options
    this.#move = move
    this.#options = options
    this.#ids = ids
    this.#unknown = unknown
    const lanesTo = (name: string) => Array.from({ length: LANES }, () => cluster.connect(name))
    this.#others = new Set(others.map(lanesTo))
    this.#source = lanesTo(move.from)
    this.#target = lanesTo(move.to)
    this.#sender = new KeySender(cluster.connect(move.from), cluster.node(move.to), cluster.moverLogin(move.to))
  }

  /** Throws MoveError if one of the two does not answer. */
  static async begin(move: SlotMove, options: MoveOptions): Promise<KeysMover> {
    const snapshot = await lookWhenKnown(move, options)
    const idOf = (name: string): string => {
      const report = snapshot.reports.get(name)
      if (report) return report.view.myId
      const reason = snapshot.unreachable.get(name)
      throw new MoveError(`${name} does not answer: ${reason}; slots ${formatSlotRanges(move.slots)} are not moved`, {
        moved: [],
      })
    }
    const ids = { from: idOf(move.from), to: idOf(move.to) }
    const others = [...snapshot.reports.keys()].filter(
      (name) => name !== move.from && name !== move.to && snapshot.agreed.roleOf(name) === 'master',
    )
    const seen = snapshot.reports.get(move.to)?.view.nodes.find(({ id }) => id === ids.from)
    const known = new Set(slotsIn(seen?.slots ?? []))
    const unknown = new Set(slotsIn(move.slots).filter((slot) => !known.has(slot)))
    return new KeysMover(move, options, { ids, others, unknown })
  }

  async run(): Promise<MoveOutcome> {
    const { stopAt } = this.#options
    const slots = slotsIn(this.#move.slots)
    const leftAt = stopAt === undefined ? slots.length : placeToStop(slots.length, stopAt)
    for (let place = 0; place < leftAt; place += SLOTS_AT_ONCE) {
      await this.#together(slots.slice(place, Math.min(place + SLOTS_AT_ONCE, leftAt)))
    }
    const left = slots[leftAt]
    if (stopAt === undefined || left === undefined) return { moved: this.#moved }
    await this.#attempt([left], () => this.#leave(left, stopAt))
    return { moved: this.#moved, stoppedAt: stopAt }
  }

  close(): void {
    this.#sender.close()
    for (const client of [...this.#source, ...this.#target, ...[...this.#others].flat()]) client.close()
  }

  async #together(slots: readonly number[]): Promise<void> {
    await this.#attempt(slots, async () => {
      const { clock } = this.#options.cluster
      const startMs = clock.nowMs()
      await this.#open(slots)
      this.#tell('importing', slots)
      const keys = await this.#sender.send(slots)
      this.#tell('handoff', slots)
      await this.#handOver(slots)
      const { from, to } = this.#move
      const moved = { slots: rangesOf(slots), from, to, keys, startMs, endMs: clock.nowMs() }
      this.#moved.push(moved)
      this.#tell('moved', slots, moved)
    })
  }

  async #leave(slot: number, stage: MoveStage): Promise<void> {
    await this.#open([slot])
    if (stage === 'half') await this.#sender.sendHalf(slot)
    if (stage === 'handoff') await this.#sender.send([slot])
    this.#tell(stage, [slot])
  }

  async #open(slots: readonly number[]): Promise<void> {
    const { from, to } = this.#ids
    const unknown = slots.filter((slot) => this.#unknown.has(slot))
    await this.#set(this.#target, unknown, 'NODE', from)
    await this.#set(this.#target, slots, 'IMPORTING', from)
    await this.#set(this.#source, slots, 'MIGRATING', to)
  }

  async #handOver(slots: readonly number[]): Promise<void> {
    await this.#set(this.#target, slots, 'NODE', this.#ids.to)
    await this.#set(this.#source, slots, 'NODE', this.#ids.to, true)
    await Promise.all([...this.#others].map((lanes) => this.#tellOther(lanes, slots)))
  }

  /** It would learn of it from the target in any case: one that does not take it must not hold up the move. */
  async #tellOther(lanes: readonly NodeClient[], slots: readonly number[]): Promise<void> {
    try {
      await this.#set(lanes, slots, 'NODE', this.#ids.to)
    } catch {
      this.#others.delete(lanes)
    }
  }

  async #set(
    lanes: readonly NodeClient[],
    slots: readonly number[],
    state: string,
    id: string,
    mayFollow = false,
  ): Promise<void> {
    const refused = await Promise.all(
      lanes.map(async (client, lane) => {
        const own = slots.filter((_, place) => place % lanes.length === lane)
        const replies = await client.pipeline(this.#words(own, state, id), ANSWER_WITHIN_MS)
        const fine = mayFollow ? answersOfFollower(replies) : new Set()
        return replies.flatMap((reply, place) =>
          reply instanceof Error && !fine.has(reply)
            ? [failureOf(client.name, `CLUSTER SETSLOT ${own[place]} ${state}`, reply)]
            : [],
        )
      }),
    )
    if (refused.flat().length > 0) throw new Error(firstFew(refused.flat(), 3))
  }

  #words(slots: readonly number[], state: string, id: string): Command[] {
    return slots.map((slot) => ['CLUSTER', 'SETSLOT', slot, state, id])
  }

  #tell(stage: MoveState['stage'], slots: readonly number[], moved?: MovedSlots): void {
    this.#options.onState?.({ move: this.#move, stage, slots: rangesOf(slots), ...(moved && { moved }) })
  }

  /** Throws MoveError, with what has become of each of the slots, where the work fails; the signal's reason first. */
  async #attempt(slots: readonly number[], work: () => Promise<void>): Promise<void> {
    const { signal, cluster } = this.#options
    try {
      if (signal.aborted) throw signal.reason
      await work()
    } catch (error) {
      const isTooLate = signal.reason instanceof MoveTooLate
      if (!isTooLate) signal.throwIfAborted()
      const reason = messageOf(isTooLate ? signal.reason : error)
      throw await failed(cluster, this.#move, { slots, moved: this.#moved, reason })
    }
  }
}

/** The place in the list of the slot that is left open. */
function placeToStop(slots: number, stage: MoveStage): number {
  if (stage === 'importing') return 0
  return stage === 'half' ? Math.floor(slots / 2) : slots - 1
}

async function failed(
  cluster: LiveCluster,
  move: SlotMove,
  { slots, moved, reason }: { slots: readonly number[]; moved: readonly MovedSlots[]; reason: string },
): Promise<MoveError> {
  const which = formatSlotRanges(rangesOf(slots))
  return new MoveError(`moving slots ${which} from ${move.from} to ${move.to} failed: ${reason}`, {
    moved,
    details: await describeSlotsLeft(cluster, move, slots),
    hint: 'Slots that are open stay so until somebody closes them: `heal: all` once both nodes answer.',
  })
}

/**
 * The look at which source and target take each other for masters: a server refuses a SETSLOT about anybody else. As it
 * is then where one does not answer, or does not hear of it in time: the server's refusal says more.
 */
async function lookWhenKnown({ from, to }: SlotMove, { cluster, signal }: MoveOptions): Promise<Snapshot> {
  let snapshot = await cluster.look()
  const isMasterTo = (viewer: string, subject: string): boolean => {
    const [view, id] = [snapshot.reports.get(viewer)?.view, snapshot.reports.get(subject)?.view.myId]
    return view === undefined || id === undefined || view.nodes.find((node) => node.id === id)?.role === 'master'
  }
  const look = async () => {
    if (isMasterTo(from, to) && isMasterTo(to, from)) return { ok: true, seen: '' }
    snapshot = await cluster.look()
    return { ok: false, seen: '' }
  }
  await poll(look, { clock: cluster.clock, signal, withinMs: KNOWN_WITHIN_MS, everyMs: LOOK_EVERY_MS })
  return snapshot
}
