import { parseDuration } from '../../base/duration.ts'
import { UsageError } from '../../base/errors.ts'
import { type LinearPattern, linearPattern, PatternError } from '../../base/linear-pattern.ts'
import type { Flags, ParsedLine } from '../flags.ts'
import { type Shard, shardNamed } from './shard.ts'

/** Flags of `run` and `nightly` that say which scenarios are played, in which order, and when that ends early. */
export const choiceFlags: Flags = {
  grep: {
    type: 'string',
    value: 'PATTERN',
    help: 'only scenarios whose name or title has it: a text or a regular expression; small letters stand for both',
  },
  'not-tag': { type: 'string', multiple: true, value: 'TAG', help: 'leave out the scenarios with this tag' },
  'last-failed': { type: 'boolean', help: 'only scenarios that did not pass in the last run of these reports' },
  shard: {
    type: 'string',
    value: 'I/N',
    help: 'only the I-th of N parts, which take equally long: for the machines of a CI matrix',
  },
  'max-time': {
    type: 'string',
    value: 'DURATION',
    help: 'begin nothing that would take longer than this in all; what likely fails and is quick comes first',
  },
  bail: { type: 'boolean', help: 'stop after the first scenario that does not pass' },
  shuffle: { type: 'boolean', help: 'in an order that is drawn from the seed' },
}

/** Choices whose outcome the next run could not repeat: the command that plays it again names the scenarios instead. */
export const PASSING_CHOICES: readonly string[] = ['last-failed', 'shard']

/** Flags of a choice that go with the command that plays the same again. */
export const LASTING_CHOICES: readonly string[] = ['max-time', 'bail', 'shuffle']

/** What `choiceFlags` ask for. */
export interface Choice {
  /** Whether it is among the scenarios asked for, by its name and title. */
  grep?: { text: string; pattern: LinearPattern }
  notTags: string[]
  lastFailed: boolean
  shard?: Shard
  maxTimeMs?: number
  bail: boolean
  shuffle: boolean
}

/** Reads `choiceFlags`. Throws UsageError. */
export function choiceOf(line: ParsedLine): Choice {
  const [grep, shard, maxTime] = ['grep', 'shard', 'max-time'].map((name) => line.text(name))
  if (maxTime !== undefined && line.on('shuffle'))
    throw new UsageError('--max-time plays what is most worth it first, so it does not go with --shuffle')
  return {
    ...(grep !== undefined && { grep: { text: grep, pattern: patternOf(grep) } }),
    notTags: line.texts('not-tag'),
    lastFailed: line.on('last-failed'),
    ...(shard !== undefined && { shard: shardNamed(shard) }),
    ...(maxTime !== undefined && { maxTimeMs: maxTimeOf(maxTime) }),
    bail: line.on('bail'),
    shuffle: line.on('shuffle'),
  }
}

function patternOf(text: string): LinearPattern {
  if (text === '') throw new UsageError('--grep takes a part of a name or title, and not nothing')
  try {
    return linearPattern(text)
  } catch (error) {
    if (!(error instanceof PatternError)) throw error
    throw new UsageError(`--grep takes a text or a regular expression, not \`${text}\`: ${error.message}`)
  }
}

/** What people write for units, and what those are called here. */
const UNITS: readonly [RegExp, string][] = [
  [/^(ms|milli\w*)$/i, 'ms'],
  [/^(s|secs?|seconds?)$/i, 's'],
  [/^(|m|mins?|minutes?)$/i, 'm'],
  [/^(h|hrs?|hours?)$/i, 'h'],
]

function maxTimeOf(text: string): number {
  const timeMs = parseDuration(text)
  if (timeMs !== undefined && timeMs > 0) return timeMs
  const [, number, word = ''] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? []
  const unit = UNITS.find(([pattern]) => pattern.test(word))?.[1]
  const near = Number(number) > 0 && unit !== undefined ? `; did you mean ${number}${unit}?` : ''
  throw new UsageError(`--max-time takes a duration, as 90s, 10m or 1h, not \`${text}\`${near}`)
}
