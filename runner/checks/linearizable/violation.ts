/** Why the operations of one key are not linearizable. */
export interface Violation {
  key: number
  /** Prose, without the key's name: what contradicts what. */
  why: string
  /** The operations that contradict each other, as rows of the history. */
  rows: number[]
}

/** What is known after judging all keys of a history. */
export interface Judgement {
  /** One for each key that is certainly not linearizable. */
  violations: Violation[]
  /** Keys that could not be decided within the budget. */
  undecided: number[]
}
