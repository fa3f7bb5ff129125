import type { Platform } from '../platforms/platform.ts'
import type { Repeat } from '../record/events.ts'
import type { Scenario } from '../scenario/model.ts'

/** A scenario and what it is played on. */
export interface Play {
  scenario: Scenario
  platform: Platform
  repeat?: Repeat
  /** Random choices are drawn from it; absent: from the run's. */
  seed?: number
}
