import { UsageError } from '../base/errors.ts'
import type { Flags, ParsedLine } from './flags.ts'
import { assertTerminal } from './terminal/ask.ts'

/** Flags of `run` for whoever sits in front of it. */
export const playingFlags: Flags = {
  'dry-run': { type: 'boolean', help: 'set the cluster up and print what each step would do; play nothing' },
  'pause-on-failure': { type: 'boolean', help: 'leave a cluster that failed as it is until Enter is pressed' },
}

/** What `playingFlags` ask for. */
export interface Playing {
  dryRun: boolean
  pauseOnFailure: boolean
}

/** What means nothing where nothing is played. */
const NOT_DRY = [
  'pause-on-failure',
  'keep',
  'repeat',
  'fail-on-flaky',
  'baseline',
  'threshold',
  'save-baseline',
  'reporter',
  'audit',
]

/** Reads `playingFlags`. Throws UsageError for those that do not go together. */
export function playingOf(line: ParsedLine): Playing {
  const dryRun = line.on('dry-run')
  if (dryRun) refuse(line, 'dry-run', NOT_DRY, 'plays nothing')
  const pauseOnFailure = line.on('pause-on-failure')
  if (pauseOnFailure) assertTerminal('pause-on-failure')
  return { dryRun, pauseOnFailure }
}

function refuse(line: ParsedLine, flag: string, others: readonly string[], why: string): void {
  const given = others.find((name) => line.on(name) || line.text(name) !== undefined || line.texts(name).length > 0)
  if (given !== undefined) throw new UsageError(`--${flag} ${why}, so it does not go with --${given}`)
}
