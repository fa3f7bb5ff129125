import type { LiveCluster } from '../live-cluster.ts'
import type { MoveStage, SlotMove } from './move.ts'

/** What one node says of a move that servers make by themselves. Both ends of it know it by the same id. */
export interface MoveJob {
  id: string
  /** The server's own word: `waiting-to-pause`. */
  state: string
  /** How far that is; absent before both ends know of it. */
  stage?: MoveStage
  /** Absent while it goes on. */
  end?: 'done' | 'failed' | 'cancelled'
  /** It failed, and the server will try it again by itself. */
  isTriedAgain?: true
  /** Why it failed, as the server says; empty where it does not. */
  reason: string
}

/** Whether the server goes on with it, or will. */
export function isUnderWay({ end, isTriedAgain }: MoveJob): boolean {
  return end === undefined || isTriedAgain === true
}

/** How one family of servers moves slots by itself. */
export interface AtomicWay {
  /** As COMMAND INFO knows it: `cluster|migrateslots`. */
  readonly command: string
  /** Which servers have it: `CLUSTER MIGRATESLOTS (Valkey, from 9.0 on)`. */
  readonly words: string
  /** Whether a node neither counts nor lists keys of slots that it does not own and is not importing. */
  readonly hidesForeignKeys: boolean
  /** Asks for the move, and gives its id. Throws ReplyError or Unreachable. */
  begin(cluster: LiveCluster, move: SlotMove): Promise<string>
  /** All moves that a node tells of, those that have ended too. Throws ReplyError or Unreachable. */
  jobs(cluster: LiveCluster, node: string): Promise<MoveJob[]>
  /** Cancels what is under way at one of the two ends. Throws ReplyError or Unreachable. */
  cancel(cluster: LiveCluster, node: string): Promise<void>
  /**
   * Keeps the move from going beyond this stage, or lets all go on that is kept. Throws ReplyError where the servers
   * allow no DEBUG commands.
   */
  hold(cluster: LiveCluster, move: SlotMove, stage: MoveStage): Promise<void>
  letGo(cluster: LiveCluster, node: string): Promise<void>
}

/** A reply of names and values, flat or as pairs of a map. */
export function fieldsOf(reply: unknown): Map<string, string> {
  const words = Array.isArray(reply) ? reply.map(String) : []
  const fields = new Map<string, string>()
  for (let place = 0; place + 1 < words.length; place += 2) fields.set(words[place] ?? '', words[place + 1] ?? '')
  return fields
}

/** `0 100 302 302`, as the commands take ranges. */
export function rangeWords({ slots }: SlotMove): number[] {
  return slots.flat()
}
