import { existsSync } from 'node:fs'
import { type Clock, systemClock } from '../../base/clock.ts'
import { EXIT } from '../../base/exit.ts'
import { plural } from '../../base/text.ts'
import { WINDOW } from '../../checks/nights/defaults.ts'
import { lastOfEach, tellsSomething } from '../../checks/nights/window.ts'
import { readNights, whileBaselineLocked, writeNights } from '../../record/baseline.ts'
import type { Night } from '../../record/nights.ts'
import { shown } from '../project.ts'

/** Of nights that are neither judged nor kept: they were interrupted, or the runner broke. */
const CUT_SHORT: ReadonlySet<number> = new Set([EXIT.interrupted, EXIT.bug])

export function isCutShort(exitCode: number): boolean {
  return CUT_SHORT.has(exitCode)
}

/** The nights that are kept in a file, the oldest first; none where there is no file yet. Throws BaselineError. */
export function nightsIn(file: string): Night[] {
  return existsSync(file) ? readNights(file) : []
}

/** Those that are not the same night, of which a part was perhaps played again. */
export function othersThan({ runId, parts = [] }: Night, nights: readonly Night[]): Night[] {
  return nights.filter((one) => one.runId !== runId && one.parts?.some((part) => parts.includes(part)) !== true)
}

/**
 * Adds the night to those that are kept by then: others may have been added while it was played. Returns what became of
 * it, in words. Throws SurroundingsError, and BaselineError where the file was damaged meanwhile.
 */
export async function keepNight(file: string, night: Night, clock: Clock = systemClock): Promise<string> {
  if (!night.scenarios.some(tellsSomething))
    return `baseline ${shown(file)}: left as it is, for nothing was played to a verdict`
  return whileBaselineLocked(
    file,
    () => {
      const nights = lastOfEach([...othersThan(night, nightsIn(file)), night])
      writeNights(file, nights)
      return `baseline ${shown(file)}: ${plural(nights.length, 'night')}, of each scenario up to ${WINDOW}`
    },
    clock,
  )
}
