/** What a check found. `unknown`: the history does not decide it, or deciding would take too long. */
export type Finding = 'holds' | 'violated' | 'unknown'

/** How a check counts: not-evaluated (no samples) fails a scenario, inconclusive makes it inconclusive. */
export type CheckVerdict = 'passed' | 'failed' | 'inconclusive' | 'not-evaluated'

/** One operation of a witness, as a line of a table. Times are ms from the scenario's start. */
export interface WitnessOperation {
  /** Row in the workload's history. */
  row: number
  client: number
  /** `write 17`, `read 16`. */
  text: string
  key: string
  startMs: number
  /** Absent: it never completed. */
  endMs?: number
  outcome: 'ok' | 'failed' | 'indeterminate'
  node?: string
  phase?: string
}

/** The few facts that contradict each other, or the first of many that are wrong. */
export interface Witness {
  /** What the operations below show, one sentence. */
  title: string
  operations: WitnessOperation[]
  /** How many more there are like these. */
  more?: number
}

/** Of the operations that were due by the rate of a workload, how many were sent. */
export interface LoadSent {
  due: number
  sent: number
}

/** The result of one limit of one check, judged. It goes into the events and from there into every report. */
export interface CheckOutcome {
  /** The workload, or `failover`. */
  on: string
  /** `lost_writes`, `p99`. */
  name: string
  verdict: CheckVerdict
  /** As written: `0`, `at most 20 ms during recovery`. */
  limit: string
  /** What was found, for people: `37`, `6.42 s ± 12 ms`. */
  value: string
  /** The same as a number, where there is one; durations in ms. */
  amount?: number
  samples: number
  /** Absent for what is not about a workload, or about one without a rate. */
  load?: LoadSent
  /** In prose: what was found, where, when, and what it means. */
  explanation: string
  /** Why what was found decides nothing, where that is the case: a part of the explanation. */
  doubt?: string
  /** More lines: by shard, by class of error, … */
  details?: string[]
  witness?: Witness
}
