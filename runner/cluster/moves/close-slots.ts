import { messageOf } from '../../base/errors.ts'
import { poll } from '../../base/poll.ts'
import { listed, plural } from '../../base/text.ts'
import type { LiveCluster, Snapshot } from '../live-cluster.ts'
import type { NodeReport } from '../node-report.ts'
import { doubleOwners, ownLine } from '../slot-claims.ts'
import { SLOT_COUNT } from '../slots.ts'
import type { SlotRange } from '../view.ts'
import { viewDifferences } from '../view-differences.ts'
import { type ClosePlan, planClose } from './close-plan.ts'
import { Closer } from './closer.ts'
import type { SlotMove } from './move.ts'
import { holdersOf } from './slot-holders.ts'
import { withoutSlots } from './without-slots.ts'

export interface CloseOptions {
  cluster: LiveCluster
  signal: AbortSignal
  /** Only looks, and says what would be done. */
  dryRun?: boolean | undefined
  /** Only these are closed. Default: all. */
  slots?: readonly SlotRange[] | undefined
  /** Default: 15 s. */
  agreedWithinMs?: number | undefined
  /** Told before a slot gets another owner. */
  onMove?: ((move: SlotMove) => void) | undefined
}

export interface SlotsClosed {
  /** What was done, or with `dryRun` would be: `moved slot 7 from redis-node0 to redis-node2, as was begun (3 keys)`. */
  done: string[]
  /** Slots that are still open, and why, by slot and key. */
  left: string[]
}

/**
 * How long nodes may take to agree on who is who before slots are judged by what they say, ms. One that was away hears of
 * its heir once its links are up again: within a second, and of several on a loaded machine.
 */
const AGREED_WITHIN_MS = 15_000
const LOOK_EVERY_MS = 50

/** A slot is planned anew so often, where a node says that its role or its slots have changed since the look. */
const ATTEMPTS = 3
const SAID_OF_A_NEW_ROLE = /CLUSTERDOWN|MOVED|READONLY|only with masters/

/**
 * Closes the slots that moves left open, with the decisions of `redis-cli --cluster fix`. No key is lost: of one that
 * both ends have with different values none is touched, and the slot stays open.
 */
export async function closeSlots(options: CloseOptions): Promise<SlotsClosed> {
  const closed: SlotsClosed = { done: [], left: [] }
  const { slots } = options
  if (openSlotsIn(await options.cluster.look(), slots).length === 0) return closed
  const look = await agreedLook(options)
  for (const slot of openSlotsIn(look.snapshot, slots)) {
    options.signal.throwIfAborted()
    await closeOne(slot, look, options, closed)
  }
  return closed
}

interface AgreedLook {
  snapshot: Snapshot
  /** Why no slot can be closed now. */
  obstacle?: string | undefined
}

/**
 * A node that does not answer may have keys. A master that has an heir and has not heard of it must get no slot: with the slot it
 * takes a newer epoch than its heir's, and by that all slots back, whose last writes only the heir has (SETSLOT NODE in
 * clusterCommand, cluster.c, Redis 7.0).
 */
function obstacleTo(snapshot: Snapshot): string | undefined {
  const silent = [...snapshot.unreachable.keys()].filter((name) => snapshot.agreed.roleOf(name) !== 'replica')
  if (silent.length > 0) return `${listed(silent)}, which may have keys of it, does not answer`
  const [twice] = doubleOwners([...withoutSlots(snapshot, openSlotsIn(snapshot)).reports.values()])
  return twice
}

async function closeOne(slot: number, first: AgreedLook, options: CloseOptions, closed: SlotsClosed): Promise<void> {
  let look = first
  for (let attempt = 1; ; attempt += 1) {
    if (look.obstacle !== undefined) {
      closed.left.push(`slot ${slot} is open, and ${look.obstacle}`)
      return
    }
    const failure = await tryToClose(slot, look.snapshot, options, closed)
    if (failure === undefined) return
    if (attempt === ATTEMPTS || !SAID_OF_A_NEW_ROLE.test(failure)) {
      closed.left.push(`slot ${slot} is still open: ${failure}`)
      return
    }
    look = await agreedLook(options)
  }
}

/** Resolves with why it did not go; undefined if it is closed, or nobody can tell how. */
async function tryToClose(
  slot: number,
  snapshot: Snapshot,
  { cluster, signal, dryRun = false, onMove }: CloseOptions,
  closed: SlotsClosed,
): Promise<string | undefined> {
  try {
    const holders = await holdersOf(slot, mastersIn(snapshot), { cluster, dryRun })
    const plan = planClose(holders)
    if ('why' in plan) closed.left.push(`slot ${slot} is open, and it is not clear whose it is: ${plan.why}`)
    else if (dryRun) closed.done.push(`would ${describe(slot, plan, ['close', 'move', 'bring'])}`)
    else {
      for (const move of movesOf(slot, plan)) onMove?.(move)
      const keys = await new Closer(slot, plan, holders, { cluster, signal }).run()
      closed.done.push(`${describe(slot, plan, ['closed', 'moved', 'brought'])} (${plural(keys, 'key')})`)
    }
    return undefined
  } catch (error) {
    signal.throwIfAborted()
    return messageOf(error)
  }
}

function describe(
  slot: number,
  { owner, claims, end }: ClosePlan,
  [close, move, bring]: [string, string, string],
): string {
  if (end.do === 'close') return `${close} slot ${slot} of ${owner}`
  if (end.do === 'finish') return `${move} slot ${slot} from ${end.from} to ${end.to}, as was begun`
  const why = claims ? ', which has most of them' : ''
  return `${bring} the keys of slot ${slot} from ${listed(end.from)} to ${owner}${why}`
}

function movesOf(slot: number, { owner, yield: yields, end }: ClosePlan): SlotMove[] {
  const slots = [[slot, slot]] as const
  const given = yields.map((from) => ({ slots, from, to: owner }))
  return end.do === 'finish' ? [...given, { slots, from: end.from, to: end.to }] : given
}

/** As far as the nodes come to agree in time: one that was away may still hold itself for the owner of what it had. */
async function agreedLook({ cluster, signal, agreedWithinMs = AGREED_WITHIN_MS }: CloseOptions): Promise<AgreedLook> {
  let snapshot = await cluster.look()
  const look = async () => {
    snapshot = await cluster.look()
    const apart = withoutSlots(snapshot, openSlotsIn(snapshot))
    return { ok: viewDifferences(apart).length === 0, seen: '' }
  }
  await poll(look, { clock: cluster.clock, signal, withinMs: agreedWithinMs, everyMs: LOOK_EVERY_MS })
  return { snapshot, obstacle: obstacleTo(snapshot) }
}

function openSlotsIn(snapshot: Snapshot, only: readonly SlotRange[] = [[0, SLOT_COUNT - 1]]): number[] {
  const open = mastersIn(snapshot).flatMap(({ view }) => ownLine({ view })?.openSlots ?? [])
  const slots = new Set(open.map((text) => Number.parseInt(text.slice(1), 10)))
  const isMeant = (slot: number) => only.some(([first, last]) => slot >= first && slot <= last)
  return [...slots].filter(isMeant).sort((a, b) => a - b)
}

function mastersIn({ reports }: Snapshot): NodeReport[] {
  return [...reports.values()].filter((report) => ownLine(report)?.role === 'master')
}
