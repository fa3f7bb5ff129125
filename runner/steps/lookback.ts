/** What was so when a step began to which a later expectation goes back. */
export interface Mark {
  /** Wall clock, ms since the epoch. */
  wallMs: number
  /** INFO of each node that answered, as text. Empty where nobody asks for it. */
  infos: ReadonlyMap<string, string>
}

/** What was noted for expectations that go back to an earlier moment. */
export interface Lookback {
  /** When the phase, or the step of this name, last began; undefined if it has not. */
  since(name: string): Mark | undefined
  /** What a node has logged since the scenario began, or since a moment of the wall clock, line by line. */
  lines(node: string, fromWallMs?: number): readonly string[]
}
