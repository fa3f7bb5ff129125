/**
 * What loss does to a TCP connection, for links that carry streams and see no packets. A program never misses a byte:
 * it waits for what was lost to be sent again, and for all that came after it. The model, after Linux
 * (net/ipv4/tcp_input.c, tcp_timer.c, 6.1): each segment of a full Ethernet frame is lost by itself. One that three or
 * more segments follow in the same piece of data is missed after a round trip (fast retransmit); the last ones, and all
 * that is lost again, are missed by the sender's timer: 200 ms beyond the round trip, twice as long for each further
 * try, 120 s at most. Lost acknowledgements are left out: the next one makes up for them.
 */

/** Payload of a segment in an Ethernet frame of 1500 bytes, with TCP timestamps. */
export const SEGMENT_BYTES = 1448
/** TCP_RTO_MIN and TCP_RTO_MAX, ms (include/net/tcp.h, Linux 6.1). */
const SHORTEST_TIMER_MS = 200
const LONGEST_TIMER_MS = 120_000
/** TCP_TIMEOUT_INIT, ms: the first timer of a connection that is being opened. */
const OPENING_TIMER_MS = 1000
/** Duplicate acknowledgements that tell of a lost segment (RFC 5681). */
const FOLLOWERS_THAT_TELL = 3
/** net.ipv4.tcp_retries2: after so many tries a connection is given up; nothing waits longer here either. */
const MOST_TRIES = 15

/**
 * How much later than without loss a piece of data is whole at the other end, ms; 0 mostly. `ratio`: of segments that
 * are lost. `random` gives numbers from 0 to 1.
 */
export function stallOf(bytes: number, ratio: number, roundTripMs: number, random: () => number): number {
  const segments = Math.max(1, Math.ceil(bytes / SEGMENT_BYTES))
  let stallMs = 0
  for (let segment = 1; segment <= segments; segment += 1) {
    if (random() >= ratio) continue
    const missed = segments - segment >= FOLLOWERS_THAT_TELL && random() >= ratio
    stallMs = Math.max(stallMs, missed ? roundTripMs : timersMs(SHORTEST_TIMER_MS + roundTripMs, ratio, random))
  }
  return stallMs
}

/**
 * How much later than without loss a connection is open, ms: either the question for it or the answer may be lost,
 * again and again. `ratio` is that of the one direction, `backRatio` that of the other.
 */
export function openingStallOf(ratio: number, backRatio: number, random: () => number): number {
  const either = 1 - (1 - ratio) * (1 - backRatio)
  return random() < either ? timersMs(OPENING_TIMER_MS, either, random) : 0
}

/** The timers of all tries until one gets through, the first being over. */
function timersMs(firstMs: number, ratio: number, random: () => number): number {
  let totalMs = firstMs
  for (let tries = 1; tries < MOST_TRIES && random() < ratio; tries += 1) {
    totalMs += Math.min(firstMs * 2 ** tries, LONGEST_TIMER_MS)
  }
  return totalMs
}
