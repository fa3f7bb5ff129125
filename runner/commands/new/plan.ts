import { parseDuration } from '../../base/duration.ts'
import { UsageError } from '../../base/errors.ts'
import { didYouMean, nearestWord } from '../../base/nearest.ts'
import { parseTarget, type TargetPhrase } from '../../cluster/targets.ts'
import { type Choice, FAULTS, type Fault, LOADS, type Load, SURVIVORS, type Survivor, TARGETS } from './choices.ts'

/** The cluster that is written is redis-chaos's default: masters with a replica each. */
const SHARDS = 3

const SHORTEST_MS = 1000
const LONGEST_MS = 600_000
export const DEFAULT_HOLD = '5s'

/** What the questions or the flags have said; what they have not is for `planOf` to choose. */
export interface Answers {
  fails?: string
  target?: string
  load?: string
  survives?: readonly string[]
  for?: string
}

export interface Target {
  phrase: string
  role: 'master' | 'replica'
  /** How many nodes it stands for. */
  count: number
}

/**
 * What follows from the fault: a replica takes over (`takeover`), the cluster is down until it is undone (`outage`),
 * nobody's role changes (`quiet`), a server is away for a moment (`blink`), or a shard is moved (`planned`).
 */
type Course = 'takeover' | 'outage' | 'quiet' | 'blink' | 'planned'

/** Everything that the scenario says, known to go together. */
export interface Plan {
  fault: Fault
  target: Target
  course: Course
  load: Load
  survives: readonly Survivor[]
  /** How long it lasts; of a takeover, from the new master on. Absent where the fault has its own time. */
  holdMs?: number
}

/** Chooses what was not said. Throws UsageError for what does not go together, or is unknown. */
export function planOf(answers: Answers): Plan {
  const fault = chosen(FAULTS, answers.fails ?? 'kill', '--fails')
  const target = targetOf(answers.target ?? 'master of shard 1')
  const course = courseOf(fault, target)
  const load = chosen(LOADS, answers.load ?? 'register', '--load')
  const survives = survivorsOf(load, answers.survives)
  const holdMs = holdOf(fault, answers.for)
  return { fault, target, course, load, survives, ...(holdMs !== undefined && { holdMs }) }
}

/** The choice of this name. Throws UsageError with the nearest. */
function chosen<T extends Choice>(choices: readonly T[], word: string, flag: string): T {
  const choice = choices.find((each) => each.word === word)
  if (choice) return choice
  const words = choices.map((each) => each.word)
  const hint = didYouMean(word, words)
  throw new UsageError(`${flag} takes ${words.join(', ')}, not \`${word}\`${hint === undefined ? '' : `; ${hint}`}`)
}

/** Throws UsageError for a phrase that stands for no masters or replicas of the cluster. */
function targetOf(text: string): Target {
  const phrase = text.trim().replace(/\s+/g, ' ')
  const parsed = parseTarget(phrase)
  if ('error' in parsed) {
    const nearest =
      parsed.suggestion ??
      nearestWord(
        phrase,
        TARGETS.map(({ word }) => word),
      )
    throw new UsageError(`--target: ${parsed.error}${nearest === undefined ? '' : `; did you mean "${nearest}"?`}`)
  }
  const { target } = parsed
  const found = whatItIs(target)
  if (found === undefined) {
    throw new UsageError(
      `--target "${phrase}" does not say whether masters or replicas are meant: for example "master of shard 1", "random replica" or "all masters"`,
    )
  }
  if (target.kind === 'related' && target.anchor.by === 'shard' && target.anchor.shard > SHARDS) {
    throw new UsageError(`--target "${phrase}": the cluster has ${SHARDS} shards, numbered from 1`)
  }
  if (found.count > SHARDS)
    throw new UsageError(`--target "${phrase}": the cluster has ${SHARDS} ${found.role}s, and not ${found.count}`)
  return { phrase, ...found }
}

/** Undefined for what may be either, or is only known while the scenario is played. */
function whatItIs(target: TargetPhrase): Omit<Target, 'phrase'> | undefined {
  switch (target.kind) {
    case 'related':
      if (target.anchor.by === 'node') return undefined
      return { role: target.role === 'master' ? 'master' : 'replica', count: 1 }
    case 'random':
      return target.role === 'node' ? undefined : { role: target.role, count: target.count }
    case 'all':
      if (target.role === 'node' || target.except) return undefined
      return { role: target.role, count: target.of ? 1 : SHARDS }
    case 'share':
      return { role: 'master', count: target.share === 'majority' ? 2 : 1 }
    default:
      return undefined
  }
}

function courseOf({ word, effect }: Fault, { phrase, role, count }: Target): Course {
  if (effect === 'moves' && count > 1)
    throw new UsageError(`--fails ${word} moves one shard: --target "${phrase}" are ${count} nodes`)
  if (effect === 'fills' && role === 'replica')
    throw new UsageError(
      `--fails ${word} goes with masters: the server of a replica that cannot write what its master sends ends by itself`,
    )
  if (word === 'partition' && role === 'master' && count > 1)
    throw new UsageError(
      `--fails ${word} goes with one master, or with replicas: ${count} masters that are cut off together still reach each other`,
    )
  if (effect === 'moves') return 'planned'
  if (effect === 'restarts') return role === 'master' ? 'blink' : 'quiet'
  if (effect !== 'silences' || role === 'replica') return 'quiet'
  return count === 1 ? 'takeover' : 'outage'
}

/** What of the three makes sense with this load, unless it is said. Throws UsageError for what makes none. */
function survivorsOf(load: Load, words: readonly string[] | undefined): Survivor[] {
  const possible = possibleSurvivors(load)
  if (words === undefined) return possible
  if (words.length === 0) throw new UsageError('--survives names nothing: a scenario that claims nothing shows nothing')
  const named = words.map((word) => chosen(SURVIVORS, word, '--survives').word)
  const impossible = named.find((word) => !possible.includes(word))
  if (impossible !== undefined) {
    const why = load.word === 'none' ? 'there is no load' : `a load of ${load.word} keeps nothing`
    throw new UsageError(
      `--survives ${impossible} does not go with --load ${load.word}: ${why}; it goes with ${possible.join(' and ')}`,
    )
  }
  return possible.filter((word) => named.includes(word))
}

/** What a load can show of: there is no service without clients, and no write to lose where none is kept. */
function possibleSurvivors(load: Load): Survivor[] {
  if (load.word === 'none') return ['data']
  return load.kept === undefined ? ['data', 'service'] : ['writes', 'data', 'service']
}

/** Whether one can say how long it lasts. */
export function lasts({ undo }: Fault): boolean {
  return undo !== undefined
}

function holdOf(fault: Fault, text: string | undefined): number | undefined {
  if (!lasts(fault)) {
    if (text === undefined) return undefined
    throw new UsageError(`--for does not go with --fails ${fault.word}, which takes as long as it takes`)
  }
  const ms = parseDuration(text ?? DEFAULT_HOLD)
  if (ms === undefined || ms < SHORTEST_MS || ms > LONGEST_MS)
    throw new UsageError(`--for takes a duration from 1s to 10m, as 5s, not \`${text}\``)
  return ms
}
