import type { Step } from '../../steps/verb.ts'
import type { Advice } from '../source.ts'
import type { Path } from '../tree.ts'
import type { Story } from './story.ts'
import type { Timing } from './timing.ts'

/** A part of a step, as `['expect', 'node']`, or of the scenario, as `['checks', 'failover']`. */
export type Place = ({ step: Step; path: Path } | { path: Path }) & {
  /** The key that the path leads to is meant, not its value. */
  isKey?: boolean
}

/** One thing that is allowed and hardly meant. */
export interface Found extends Advice {
  at: Place
  message: string
  /** The words that mend it, or what may be meant instead. */
  hint: string
}

/** What a warning judges by. */
export interface Judged extends Story {
  timing: Timing | undefined
}

/** A kind of warning. Adding one is a file like those beside this one, and a line in `index.ts`. */
export interface Warning {
  /** By which a line allows it. */
  name: string
  /** What it warns of, in one line, for the documentation. */
  summary: string
  find(judged: Judged): Iterable<Found>
}
