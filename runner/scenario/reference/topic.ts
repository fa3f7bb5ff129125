import type { KeyRow } from './rows.ts'

/** What help and documentation say of one thing, whichever way it is shown. */
export interface Topic {
  /** The word by which help finds it: `stop`, `lost_writes`, `targets`. */
  name: string
  /** What it is: `verb`, `check`, `workload`, `key`; of a chapter, `topic`. */
  kind: 'verb' | 'check' | 'check of failovers' | 'workload' | 'key' | 'topic'
  /** One sentence. */
  summary: string
  parts: Part[]
}

/** A part of it, with a heading if it needs one. */
export type Part =
  | { kind: 'text'; head?: string; text: string }
  | { kind: 'keys'; head: string; rows: KeyRow[] }
  /** Words and what each means. */
  | { kind: 'words'; head?: string; rows: [word: string, meaning: string][] }
  | { kind: 'yaml'; head: string; lines: readonly string[] }
