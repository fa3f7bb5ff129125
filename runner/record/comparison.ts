/** What is measured of each time that a scenario is played: one number a time, so that samples are independent. */
export const METRICS = {
  failover: { name: 'failover time', unit: 'ms' },
  failoverWanted: { name: 'failover time, asked for', unit: 'ms' },
  outage: { name: 'outage', unit: 'ms' },
  loss: { name: 'lost writes', unit: 'count' },
} as const

export type Metric = keyof typeof METRICS
export const METRIC_NAMES = Object.keys(METRICS) as Metric[]

/** What is compared: a measure of one scenario on one server, through one client. */
export interface ComparisonKey {
  /** Id of the scenario. */
  scenario: string
  /** As it was asked for: `redis:7.0`. */
  server: string
  platform: string
  /** The client that was asked for, for workloads that name none. */
  client?: string | undefined
  metric: Metric
}

/**
 * `regressed`: larger, by more than chance and by enough to matter; `improved`: the same the other way. `same`: neither
 * was found. `too-few`: with so few samples not even the largest difference could tell. `missing`: the baseline does
 * not have it.
 */
export type ComparisonVerdict = 'regressed' | 'improved' | 'same' | 'too-few' | 'missing'

/**
 * What a night says of a scenario, what needs attention first. `failing`: it failed each time tonight; `flaky`: it fails
 * now and then; `few`: too few samples so far to compare; `stable`: as before.
 */
export const NIGHT_STATES = ['failing', 'slower', 'flaky', 'faster', 'new', 'few', 'stable'] as const

export type NightState = (typeof NIGHT_STATES)[number]

/** What a night says of one scenario on one server. */
export interface ScenarioState extends Omit<ComparisonKey, 'metric'> {
  state: NightState
  /** What the state was told by, in words; absent where there is no more to say. */
  why?: string
}

/** How a night stands beside those before it, in words. */
export interface NightsReport {
  /** Nights before it. */
  before: number
  /** One line. */
  summary: string
  /** A sentence for each scenario that fails now and then. */
  flaky: string[]
  /** A sentence for each measure that is slower, and was on too many nights before to be a regression; absent without. */
  unsteady?: string[]
  /** Of each scenario that was judged; absent in records of earlier versions. */
  states?: ScenarioState[]
  /**
   * Of one machine's part of a night: it is not judged alone, but the whole when its parts are put together, by this
   * threshold (0.1 is 10 %).
   */
  part?: { threshold: number }
}

/** One measure beside that of a baseline. */
export interface Comparison extends ComparisonKey {
  verdict: ComparisonVerdict
  samples: number[]
  /** Empty when it is missing; of nights, the median of each. */
  baseline: number[]
  /**
   * Chance of such a difference without any reason, two-sided, corrected for all that was compared. Absent without a
   * test.
   */
  p?: number
  /** By how much larger it is: 0.15 for 15 %; of counts, how many more. Absent without a test. */
  change?: number
  /**
   * Samples that each side needs: to tell anything at all, or, where that is so, to find a slowdown of 15 % in 8 of 10
   * tries.
   */
  needed?: number
  /** The whole in words, with both distributions. */
  sentence: string
}

/** How a run stands beside a baseline. */
export interface BaselineReport {
  file: string
  savedAt: string
  comparisons: Comparison[]
  /** Where it was compared with nights before it. */
  nights?: NightsReport
}
