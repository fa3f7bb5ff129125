import { UsageError } from '../base/errors.ts'
import type { Flags, ParsedLine } from './flags.ts'
import { assertTerminal } from './terminal/ask.ts'

/** Flags of `run` for whoever sits in front of it. */
export const playingFlags: Flags = {
  'dry-run': { type: 'boolean', help: 'set the cluster up and print what each step would do; play nothing' },
  watch: { type: 'boolean', help: 'play again whenever the scenario is saved, on servers that stay up' },
  step: { type: 'boolean', help: 'ask before each step: go on, skip, look at the cluster, send a command, quit' },
  'pause-on-failure': { type: 'boolean', help: 'leave a cluster that failed as it is until Enter is pressed' },
}

/** What `playingFlags` ask for. */
export interface Playing {
  dryRun: boolean
  watch: boolean
  step: boolean
  pauseOnFailure: boolean
}

/** What means nothing where nothing is played. */
const NOT_DRY = [
  'watch',
  'step',
  'pause-on-failure',
  'keep',
  'repeat',
  'fail-on-flaky',
  'baseline',
  'threshold',
  'save-baseline',
  'reporter',
  'audit',
  'max-time',
  'bail',
  'shuffle',
]

/** Whose times would be compared. */
const NOT_STEP = ['repeat', 'fail-on-flaky', 'baseline', 'threshold', 'save-baseline']

/** What is of one run, or waits for somebody else than an editor. */
const NOT_WATCH = [
  ...['step', 'pause-on-failure', 'keep', ...NOT_STEP],
  ...['last-failed', 'shard', 'max-time', 'bail', 'shuffle'],
]

function severalServers(line: ParsedLine): boolean {
  return line.text('server')?.includes(',') === true
}

/** Reads `playingFlags`. Throws UsageError for those that do not go together. */
export function playingOf(line: ParsedLine): Playing {
  const dryRun = line.on('dry-run')
  if (dryRun) refuse(line, 'dry-run', NOT_DRY, 'plays nothing')
  const pauseOnFailure = line.on('pause-on-failure')
  if (pauseOnFailure) assertTerminal('pause-on-failure')
  const step = line.on('step')
  if (step) {
    refuse(line, 'step', NOT_STEP, 'waits for somebody before each step')
    if (severalServers(line)) throw new UsageError('--step goes through one play at a time: name one server')
    assertTerminal('step')
  }
  const watch = line.on('watch')
  if (watch) {
    refuse(line, 'watch', NOT_WATCH, 'plays again and again')
    if (severalServers(line)) throw new UsageError('--watch plays on servers that stay up: name one server')
  }
  return { dryRun, watch, step, pauseOnFailure }
}

function refuse(line: ParsedLine, flag: string, others: readonly string[], why: string): void {
  const given = others.find((name) => line.on(name) || line.text(name) !== undefined || line.texts(name).length > 0)
  if (given !== undefined) throw new UsageError(`--${flag} ${why}, so it does not go with --${given}`)
}
