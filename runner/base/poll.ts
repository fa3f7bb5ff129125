import type { Clock } from './clock.ts'
import { type Stall, stoodStillMs } from './pulse.ts'

/** What one look found: whether the condition holds, and in words what was seen. */
export interface Look {
  ok: boolean
  seen: string
}

export interface PollOptions {
  clock: Clock
  /** Aborting rejects the poll with the signal's reason. */
  signal?: AbortSignal
  /** How long to go on looking, in ms in which the runner ran. 0: look once. */
  withinMs: number
  /** How long the condition must then hold without a break, in ms. 0: it must hold once. */
  forMs?: number
  /** Pause between two looks, in ms. */
  everyMs: number
}

export interface PollResult {
  ok: boolean
  attempts: number
  /** In this and in the times below, those in which the runner stood still are left out. */
  elapsedMs: number
  /**
   * When the condition became true, in ms from the start; absent if it never did. With `brokeAfterMs`: it then broke.
   */
  trueAfterMs?: number
  lastSeen: string
  /** Set when the condition became true and then broke while it had to hold (`forMs`). */
  brokeAfterMs?: number
  /** With `forMs`: the moment of the clock from which on it was seen to hold. */
  heldFromMs?: number
  /**
   * What the runner did not see. Where all is ok: without this stall it was not seen to be true within the limit. Where
   * it is not: it was true before and after, and nobody can say that it held in between.
   */
  blind?: Stall
}

/** The last look begins at the deadline, and its answer may take this long, ms: what answers later is too late. */
const ANSWER_GRACE_MS = 100

/**
 * How far two looks may lie apart that are to show that a condition held, ms. What breaks it and mends it again takes
 * longer: an election waits 500 ms at the least (clusterHandleSlaveFailover, cluster.c), and a handover that was asked
 * for and asked back takes two commands. A short hold wants more than its two ends; more often than every 500 ms a
 * loaded machine may not look.
 */
function mostApartMs(forMs: number): number {
  return Math.min(Math.max(forMs / 4, 500), 1000)
}

/**
 * Looks until the condition holds, then (with `forMs`) goes on looking until it has held that long. A break while
 * holding ends the poll as not ok: a condition that flickers does not hold. A `look` that throws rejects the poll.
 * The last look begins at the deadline, however long `everyMs` is; an answer that comes more than 100 ms after the
 * deadline is too late, for nobody knows since when it was so.
 *
 * Times in which the runner stood still do not count towards the limit. A hold in which it did not look for too long
 * begins anew, as long as `withinMs` allows it.
 */
export async function poll(look: () => Promise<Look>, options: PollOptions): Promise<PollResult> {
  const { clock, signal, withinMs, forMs = 0, everyMs } = options
  const startMs = clock.nowMs()
  const startRanMs = clock.ranMs()
  let attempts = 0
  let hold: Hold | undefined
  for (;;) {
    signal?.throwIfAborted()
    const lookedAtMs = clock.nowMs()
    const found = await look()
    attempts += 1
    const nowMs = clock.nowMs()
    const elapsedMs = clock.ranMs() - startRanMs
    const outcome = { attempts, elapsedMs, lastSeen: found.seen }
    if (found.ok) {
      const isLate = (ms: number) => withinMs > 0 && ms > withinMs + ANSWER_GRACE_MS
      if (hold === undefined && isLate(elapsedMs)) {
        return { ok: false, ...outcome, lastSeen: `${found.seen}, but that answer came too late` }
      }
      const blind = hold && blindBetween(hold.lastMs, lookedAtMs, nowMs, clock)
      if (hold && blind && blind.ms > mostApartMs(forMs)) {
        if (withinMs === 0 || isLate(elapsedMs)) return { ok: false, ...outcome, blind: blind.stall }
        hold = undefined
      }
      hold ??= {
        fromMs: nowMs,
        lastMs: nowMs,
        trueAfterMs: elapsedMs,
        ...(isLate(nowMs - startMs) && { blind: longest(clock.stallsSince(startMs)) }),
      }
      hold.lastMs = nowMs
      if (lookedAtMs - hold.fromMs >= forMs || forMs === 0) return { ok: true, ...outcome, ...held(hold, forMs) }
    } else if (hold !== undefined) {
      const { trueAfterMs, fromMs } = hold
      return { ok: false, ...outcome, trueAfterMs, brokeAfterMs: nowMs - fromMs }
    } else if (elapsedMs >= withinMs) {
      return { ok: false, ...outcome }
    }
    const nextLookMs = hold === undefined ? nowMs + withinMs - elapsedMs : hold.fromMs + forMs
    await clock.sleep(Math.min(everyMs, Math.max(nextLookMs - clock.nowMs(), 0)), signal)
  }
}

/** A time in which the condition holds. */
interface Hold {
  fromMs: number
  /** When the last look was answered. */
  lastMs: number
  trueAfterMs: number
  /** The stall that hides whether it began in time. */
  blind?: Stall | undefined
}

function held({ trueAfterMs, fromMs, blind }: Hold, forMs: number): Partial<PollResult> {
  return { trueAfterMs, ...(forMs > 0 && { heldFromMs: fromMs }), ...(blind && { blind }) }
}

/**
 * For how long nobody looked between the answer to one look and that to the next. Waiting for an answer is looking,
 * unless the runner stood still meanwhile.
 */
function blindBetween(answeredMs: number, askedMs: number, nowMs: number, clock: Clock): { ms: number; stall: Stall } {
  const stalls = clock.stallsSince(answeredMs)
  return {
    ms: askedMs - answeredMs + stoodStillMs(stalls, askedMs, nowMs),
    stall: longest(stalls) ?? { fromMs: answeredMs, toMs: askedMs },
  }
}

function longest(stalls: readonly Stall[]): Stall | undefined {
  return [...stalls].sort((a, b) => b.toMs - b.fromMs - (a.toMs - a.fromMs))[0]
}
