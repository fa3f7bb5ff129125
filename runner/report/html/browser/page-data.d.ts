/// <reference types="uplot" />

/** What a page hands to its scripts, as JSON in the element `data`. Times are ms from the scenario's start. */
interface PageData {
  endMs: number
  steps: { path: string; name: string; verdict: string; level: number; startMs: number; endMs: number }[]
  faults: { name: string; startMs: number; endMs: number }[]
  failovers: { name: string; startMs: number; endMs: number; phases: PagePhase[] }[]
  nodeLanes: { node: string; shard: number; spans: PageSpan[] }[]
  shardLanes: { shard: number; spans: PageSpan[] }[]
  series: PageSeries[]
  views: { atMs: number; name: string; rows: string[][] }[]
  logs: { nodes: string[]; lines: PageLogLine[] }
}

interface PageSpan {
  startMs: number
  endMs: number
  state: string
  note?: string
}

interface PagePhase {
  name: string
  startMs: number
  endMs: number
}

interface PageSeries {
  workload: string
  binMs: number
  startMs: number
  ok: number[]
  errors: { name: string; counts: number[] }[]
  p50: (number | null)[]
  p99: (number | null)[]
  max: (number | null)[]
}

/** ms, place of the node in `nodes`, text, and 1 where it tells of the cluster. */
type PageLogLine = [number, number, string, 0 | 1]

/** Something that the timeline can be zoomed to. */
interface PageMoment {
  name: string
  group: string
  startMs: number
  endMs: number
}

/** A line of the page of trends. */
interface TrendData {
  lines: {
    name: string
    unit: string
    points: { at: number; value: number; verdict: string; label: string }[]
  }[]
}
