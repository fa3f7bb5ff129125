/**
 * What a page hands to its scripts, as JSON in the element `data`: shared by the code that makes the page and by the
 * scripts in `browser/`, so these types know neither Node nor the browser. Times are ms from the scenario's start.
 */

/** For the page of a scenario. */
export interface PageData {
  endMs: number
  steps: readonly (PageSpan & { path: string; verdict: string; level: number })[]
  faults: readonly PageSpan[]
  failovers: readonly (PageSpan & { phases: readonly PagePhase[] })[]
  appLanes: readonly { app: string; spans: readonly PageState[] }[]
  nodeLanes: readonly { node: string; shard: number; spans: readonly PageState[] }[]
  shardLanes: readonly { shard: number; spans: readonly PageState[] }[]
  series: readonly PageSeries[]
  views: readonly PageView[]
  /** `atMs`: where they open; from the start where it is absent. */
  logs: { nodes: readonly string[]; lines: readonly PageLogLine[]; atMs?: number }
}

/** A stretch of time. */
export interface Span {
  startMs: number
  endMs: number
}

/** Something that took a while: a step, a fault, a failover or a phase of it. */
export interface PageSpan extends Span {
  name: string
}

/** A phase of a failover; `open`: nothing came of it. */
interface PagePhase extends PageSpan {
  open?: true
}

/** A state that something was in. */
export interface PageState extends Span {
  state: string
  note?: string
}

/** What one workload's clients saw, in bins. */
export interface PageSeries {
  binMs: number
  startMs: number
  ok: readonly number[]
  errors: readonly { name: string; counts: readonly number[] }[]
  p50: readonly (number | null)[]
  p99: readonly (number | null)[]
  max: readonly (number | null)[]
}

/** The nodes as they were at one moment, as rows of a table. */
export interface PageView {
  name: string
  rows: readonly (readonly string[])[]
}

/** The place of the node in `nodes`; the last is 1 where the line tells of the cluster. */
export type PageLogLine = [ms: number, node: number, text: string, notable: 0 | 1]

/** For the page of trends. */
export interface TrendData {
  lines: readonly TrendLineData[]
}

/** One line: a metric over the runs. */
export interface TrendLineData {
  name: string
  unit: 'ms' | 'count'
  points: readonly TrendPoint[]
}

/** One run; `at`: ms since the epoch. */
export interface TrendPoint {
  at: number
  value: number
  verdict: string
  label: string
}
