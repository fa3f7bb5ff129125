import { messageOf } from '../../base/errors.ts'
import { ownLine, sharedSlots } from '../slot-claims.ts'
import { countSlots, formatSlotRanges } from '../slots.ts'
import type { AtomicWay, MoveJob } from './atomic-way.ts'
import { atomicWayOf, atomicWays } from './atomic-ways.ts'
import {
  MOVE_STAGES,
  MoveError,
  MoveNotStoppable,
  type MoveOptions,
  type MoveOutcome,
  type Mover,
  type MoveStage,
  MoveTooLate,
  type SlotMove,
} from './move.ts'

/** Pause between two looks at a move, ms: its stages are short. */
const LOOK_EVERY_MS = 10

/**
 * Moves as the servers make them by themselves: all keys of the slots are copied and kept up to date, and then the
 * slots change their owner at once. Whoever asked for it may die meanwhile: it goes on.
 */
export const atomicMover: Mover = {
  how: 'atomic',
  async lacking(cluster, moves) {
    const nodes = [...new Set(moves.flatMap(({ from, to }) => [from, to]))]
    const ways = await Promise.all(nodes.map(async (node) => ({ node, way: await atomicWayOf(cluster, node) })))
    const without = ways.filter(({ way }) => way === undefined).map(({ node }) => node)
    const wanted = atomicWays.map(({ words }) => words).join(' or ')
    if (without.length > 0) return `${without.join(', ')}: no atomic moves of slots there; they need ${wanted}`
    const [first, ...others] = ways
    const other = others.find(({ way }) => way !== first?.way)
    if (!first || !other) return undefined
    return `${first.node} has ${first.way?.words}, but ${other.node} has ${other.way?.words}: they do not understand each other`
  },
  async move(move, options) {
    const way = await atomicWayOf(options.cluster, move.from)
    if (!way) throw new MoveError(`${move.from} cannot make atomic moves of slots`, { moved: [] })
    const startMs = options.cluster.clock.nowMs()
    if (options.stopAt !== undefined) await holdAt(way, move, options)
    const id = await way.begin(options.cluster, move)
    return await new AtomicMove(way, move, id, options).follow(startMs)
  },
}

async function holdAt(way: AtomicWay, move: SlotMove, { cluster, stopAt = 'half' }: MoveOptions): Promise<void> {
  try {
    await way.hold(cluster, move, stopAt)
  } catch (error) {
    throw new MoveNotStoppable(`the move cannot be stopped at ${stopAt}: ${messageOf(error)}`, { moved: [] })
  }
}

/** What one end says of a move: nothing where it does not know of it, or does not answer. */
interface OneEnd {
  job?: MoveJob
  isSilent?: true
}

type BothEnds = Record<'from' | 'to', OneEnd>

class AtomicMove {
  readonly #way: AtomicWay
  readonly #move: SlotMove
  readonly #id: string
  readonly #options: MoveOptions
  #told = ''

  constructor(way: AtomicWay, move: SlotMove, id: string, options: MoveOptions) {
    this.#way = way
    this.#move = move
    this.#id = id
    this.#options = options
  }

  /** Resolves when the slots have their new owner, or the move is where it is to stop. Throws MoveError. */
  async follow(startMs: number): Promise<MoveOutcome> {
    const { cluster, signal, stopAt } = this.#options
    const { slots, from, to } = this.#move
    for (;;) {
      if (!(signal.reason instanceof MoveTooLate)) signal.throwIfAborted()
      const ends = await this.#look()
      if (signal.aborted) throw this.#failure(ends)
      const stage = stageOf(ends)
      this.#tell(ends, stage)
      if (stage !== undefined && stopAt !== undefined && reaches(stage, stopAt)) return { moved: [], stoppedAt: stopAt }
      if (isOver(ends)) {
        if (!(await this.#isOwnedByTarget())) throw this.#failure(ends)
        const moved = { slots, from, to, startMs, endMs: cluster.clock.nowMs() }
        this.#options.onState?.({ move: this.#move, stage: 'moved', slots, moved })
        return { moved: [moved] }
      }
      await cluster.clock.sleep(LOOK_EVERY_MS)
    }
  }

  async #look(): Promise<BothEnds> {
    const ask = async (node: string): Promise<OneEnd> => {
      try {
        const job = (await this.#way.jobs(this.#options.cluster, node)).find(({ id }) => id === this.#id)
        return job === undefined ? {} : { job }
      } catch {
        return { isSilent: true }
      }
    }
    const [from, to] = await Promise.all([ask(this.#move.from), ask(this.#move.to)])
    return { from, to }
  }

  #tell(ends: BothEnds, stage: MoveStage | undefined): void {
    const said = this.#words(ends)
    if (stage === undefined || said === this.#told) return
    this.#told = said
    this.#options.onState?.({ move: this.#move, stage, slots: this.#move.slots, said })
  }

  #words(ends: BothEnds): string {
    return (['from', 'to'] as const)
      .map((end) => {
        const { job, isSilent } = ends[end]
        const reason = job?.reason ? ` (${job.reason})` : ''
        const again = job?.isTriedAgain ? ', and tries again' : ''
        return `${this.#move[end]} ${isSilent ? 'does not answer' : `says ${job?.state ?? 'nothing of it'}${reason}${again}`}`
      })
      .join(', ')
  }

  /** What the target says of itself: its word for the end of the move may be lost with a restart, this is not. */
  async #isOwnedByTarget(): Promise<boolean> {
    const { slots, to } = this.#move
    try {
      const { report } = await this.#options.cluster.lookAt(to)
      return countSlots(sharedSlots(ownLine(report)?.slots ?? [], slots)) === countSlots(slots)
    } catch {
      return false
    }
  }

  #failure(ends: BothEnds): MoveError {
    const { slots, from, to } = this.#move
    const { reason } = this.#options.signal
    const isCancelled = [ends.from, ends.to].some(({ job }) => job?.end === 'cancelled')
    const why = reason instanceof MoveTooLate ? `failed: ${reason.message}` : isCancelled ? 'was cancelled' : 'failed'
    const what = `slots ${formatSlotRanges(slots)} from ${from} to ${to}`
    return new MoveError(`the move of ${what} ${why}: ${this.#words(ends)}`, { moved: [] })
  }
}

/** As far as both ends are, or the one that answers. */
function stageOf(ends: BothEnds): MoveStage | undefined {
  const places = [ends.from, ends.to].flatMap(({ job, isSilent }) => (isSilent ? [] : [placeOf(job)]))
  return MOVE_STAGES[Math.min(...places)]
}

function placeOf(job: MoveJob | undefined): number {
  if (job?.end === 'done') return MOVE_STAGES.length
  return job?.stage === undefined ? -1 : MOVE_STAGES.indexOf(job.stage)
}

function reaches(stage: MoveStage, wanted: MoveStage): boolean {
  return MOVE_STAGES.indexOf(stage) >= MOVE_STAGES.indexOf(wanted)
}

/** Neither end goes on with it. Of two that are silent nobody knows. */
function isOver({ from, to }: BothEnds): boolean {
  const goesOn = ({ job }: OneEnd) => job !== undefined && job.end === undefined
  return !goesOn(from) && !goesOn(to) && !(from.isSilent && to.isSilent)
}
