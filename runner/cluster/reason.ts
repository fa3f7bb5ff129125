/** Why something is as it is, for people. */
export interface Reason {
  /** A clause: `redis-node1 has no data: it has never been in sync with its master`. */
  text: string
  /** What to do about it, where that follows from it. */
  hint?: string
}
