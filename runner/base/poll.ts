import type { Clock } from './clock.ts'

/** What one look found: whether the condition holds, and in words what was seen. */
export interface Look {
  ok: boolean
  seen: string
}

export interface PollOptions {
  clock: Clock
  /** Aborting rejects the poll with the signal's reason. */
  signal?: AbortSignal
  /** How long to go on looking, in ms. 0: look once. */
  withinMs: number
  /** How long the condition must then hold without a break, in ms. 0: it must hold once. */
  forMs?: number
  /** Pause between two looks, in ms. */
  everyMs: number
}

export interface PollResult {
  ok: boolean
  attempts: number
  elapsedMs: number
  /**
   * When the condition became true, in ms from the start; absent if it never did. With `brokeAfterMs`: it then broke.
   */
  trueAfterMs?: number
  lastSeen: string
  /** Set when the condition became true and then broke while it had to hold (`forMs`). */
  brokeAfterMs?: number
}

/** The last look begins at the deadline, and its answer may take this long, ms: what answers later is too late. */
const ANSWER_GRACE_MS = 100

/**
 * Looks until the condition holds, then (with `forMs`) goes on looking until it has held that long. A break while
 * holding ends the poll as not ok: a condition that flickers does not hold. A `look` that throws rejects the poll.
 * The last look begins at the deadline, however long `everyMs` is; an answer that comes more than 100 ms after the
 * deadline is too late, for nobody knows since when it was so.
 */
export async function poll(look: () => Promise<Look>, options: PollOptions): Promise<PollResult> {
  const { clock, signal, withinMs, forMs = 0, everyMs } = options
  const startMs = clock.nowMs()
  let attempts = 0
  let trueAtMs: number | undefined
  for (;;) {
    signal?.throwIfAborted()
    const lookedAtMs = clock.nowMs()
    const found = await look()
    attempts += 1
    const nowMs = clock.nowMs()
    const outcome = { attempts, elapsedMs: nowMs - startMs, lastSeen: found.seen }
    if (found.ok) {
      const tooLate = withinMs > 0 && nowMs - startMs > withinMs + ANSWER_GRACE_MS
      if (trueAtMs === undefined && tooLate) {
        return { ok: false, ...outcome, lastSeen: `${found.seen}, but that answer came too late` }
      }
      trueAtMs ??= nowMs
      if (lookedAtMs - trueAtMs >= forMs || forMs === 0) {
        return { ok: true, ...outcome, trueAfterMs: trueAtMs - startMs }
      }
    } else if (trueAtMs !== undefined) {
      return { ok: false, ...outcome, trueAfterMs: trueAtMs - startMs, brokeAfterMs: nowMs - trueAtMs }
    } else if (nowMs - startMs >= withinMs) {
      return { ok: false, ...outcome }
    }
    const nextLookMs = trueAtMs === undefined ? startMs + withinMs : trueAtMs + forMs
    await clock.sleep(Math.min(everyMs, Math.max(nextLookMs - clock.nowMs(), 0)), signal)
  }
}
