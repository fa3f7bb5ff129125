/**
 * What a page that follows a run is handed: shared by the code that makes it and by the script in `browser/`, so these
 * types know neither Node nor the browser.
 */
import type { PageData, PageLogLine, PageSeries } from '../page-data.ts'

/** Everything that the page shows. */
export interface LiveState {
  /** The run is still on: what goes on now has no end yet. */
  on: boolean
  /** The place in the run of the scenario that is shown; -1 before the first. */
  scenario: number
  title: string
  sections: readonly LiveSection[]
  data: PageData
}

interface LiveSection {
  id: string
  /** Of the link to it. */
  name: string
  html: string
}

/** What is new in a state since the one before it. */
export interface LiveChange {
  on: boolean
  title: string
  /** The ids of all sections, in order. */
  order: readonly string[]
  /** Those that are new or changed. */
  sections: readonly LiveSection[]
  /** Parts that changed, whole. */
  data: Partial<Omit<PageData, 'series' | 'logs'>>
  series?: readonly SeriesChange[]
  logs?: LogChange
}

/** A series of which the first `kept` bins stay as they were; `tail` holds the bins after them. */
export interface SeriesChange {
  kept: number
  tail: PageSeries
}

/** Of the lines, the first `dropped` go, `kept` after them stay, and `lines` follow those. */
export interface LogChange {
  nodes: readonly string[]
  dropped: number
  kept: number
  lines: readonly PageLogLine[]
  atMs?: number
}

/** `nowMs`: the time since the scenario's start when it was sent. */
export type LiveMessage = { nowMs: number; state: LiveState } | { nowMs: number; change: LiveChange }
