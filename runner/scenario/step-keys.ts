import { suggestionFor, wordMeant } from '../base/meant.ts'
import { firstFew } from '../base/text.ts'
import type { Modifier, Verb } from '../steps/verb.ts'
import type { CheckContext } from './check-value.ts'
import { keysOf, shapeOf, shapesAt } from './shape.ts'
import { type Entry, entryOf, isEmptyMap, type MapTree } from './tree.ts'

export interface VerbContext extends CheckContext {
  verbs: ReadonlyMap<string, Verb>
}

/** Verbs that a hint tells. */
const MOST_OWNERS = 6

const MODIFIER_KEYS: readonly (Modifier | 'name' | 'phase')[] = ['name', 'phase', 'within', 'for', 'on']

/** The extra keys that a verb allows in its step. */
export function extraKeys(verb: Verb): string[] {
  return verb.extras ? keysOf(shapesAt(shapeOf(verb.extras), [])) : []
}

/** The step's verb, and where it stands; reports a step without one, or with two. */
export function chooseVerb(step: MapTree, context: VerbContext): { verb: Verb; entry: Entry } | undefined {
  const { source, problems, verbs } = context
  const candidates = step.entries.flatMap((entry) => {
    const verb = verbs.get(entry.key)
    return verb ? [{ verb, entry }] : []
  })
  const chosen =
    candidates.find(({ verb }) =>
      candidates.every((other) => other.verb === verb || extraKeys(verb).includes(other.verb.name)),
    ) ?? candidates[0]
  if (!chosen) reportNoVerb(step, context)
  for (const { verb, entry } of candidates) {
    if (!chosen || verb === chosen.verb || extraKeys(chosen.verb).includes(verb.name)) continue
    problems.add(
      source,
      entry.keySpan,
      `a step does one thing, and this one does two: \`${chosen.verb.name}\` and \`${verb.name}\``,
      {
        hint: 'Begin a new step with a hyphen, or use `parallel:` for things that happen at the same time.',
      },
    )
  }
  return chosen
}

const NO_PROGRAMS = 'A step runs no programs of the machine; a Redis command is sent with `redis: PING`.'

/** What to do instead, for what is a verb elsewhere. */
const NO_VERBS: ReadonlyMap<string, string> = new Map([
  ['run', NO_PROGRAMS],
  ['shell', NO_PROGRAMS],
  ['exec', NO_PROGRAMS],
  ['script', NO_PROGRAMS],
  [
    'steps',
    'All steps stand in one list. A phase begins with the step that has `phase: …`, and lasts until the next; a group of steps is `parallel:` or `repeat:`.',
  ],
])

function reportNoVerb(step: MapTree, { source, problems, verbs }: VerbContext): void {
  const names = [...verbs.keys()]
  const start = { start: step.span.start, end: step.span.start + 1 }
  const hint = `The verbs are: ${names.join(', ')}.`
  const unknown = step.entries.filter(({ key }) => !isOtherKey(key, verbs))
  const likely = unknown.find(({ key }) => wordMeant(key, names) !== undefined) ?? unknown[0]
  if (!likely) {
    if (step.entries.length === 0 && !isEmptyMap(step, source)) return
    const message = 'this step has no verb: it does not say what to do'
    const [first] = step.entries
    const beside =
      first &&
      first.key !== 'name' &&
      `\`${first.key}\` stands beside a verb, in its step: remove the hyphen before it, and put it in the column of the verb.`
    problems.add(source, first?.keySpan ?? start, message, { hint: beside || hint })
  } else {
    const suggestion = suggestionFor(likely.key, names)
    const advice = suggestion === undefined ? { hint: NO_VERBS.get(likely.key) ?? hint } : { suggestion }
    problems.add(source, likely.keySpan, `there is no verb \`${likely.key}\``, advice)
  }
}

function isOtherKey(key: string, verbs: ReadonlyMap<string, Verb>): boolean {
  return MODIFIER_KEYS.some((each) => each === key) || [...verbs.values()].some((verb) => extraKeys(verb).includes(key))
}

/** Reports keys that the step's verb does not take. */
export function reportOtherKeys(step: MapTree, verb: Verb | undefined, { source, problems, verbs }: VerbContext): void {
  if (!verb) return
  const allowed = ['name', 'phase', ...verb.modifiers, ...extraKeys(verb)]
  const free = allowed.filter((key) => !entryOf(step, key))
  for (const { key, keySpan } of step.entries) {
    if (allowed.includes(key) || verbs.has(key)) continue
    const owners = [...verbs.values()].filter(
      (each) => extraKeys(each).includes(key) || each.modifiers.some((each) => each === key),
    )
    const hint = `Beside \`${verb.name}\` there can be: ${allowed.join(', ')}.`
    if (keysOf(shapesAt(shapeOf(verb.arg), [])).includes(key)) {
      problems.add(source, keySpan, `\`${key}\` belongs to \`${verb.name}\``, {
        hint: `Put it below \`${verb.name}:\`, indented by two spaces more, or inside its braces.`,
      })
    } else if (owners.length > 0) {
      const names = owners.map(({ name }) => `\`${name}\``)
      const who = firstFew(names, MOST_OWNERS, ', ')
      problems.add(source, keySpan, `\`${key}\` does not go with \`${verb.name}\``, {
        hint: `It goes with ${who}. ${hint}`,
      })
    } else {
      const suggestion = suggestionFor(key, free)
      const advice = suggestion === undefined ? { hint } : { suggestion }
      problems.add(source, keySpan, `a step with \`${verb.name}\` has no \`${key}\``, advice)
    }
  }
}
