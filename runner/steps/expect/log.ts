import { z } from 'zod'
import { messageOf } from '../../base/errors.ts'
import { linearPattern } from '../../base/linear-pattern.ts'
import type { Look } from '../../base/poll.ts'
import { plural, truncate } from '../../base/text.ts'
import { boundsText, isWithin, wholeBounds } from '../bounds.ts'
import { describeTargets, resolveTargets, targets } from '../targets.ts'
import type { StepContext } from '../verb.ts'
import { lookAtEach } from './each.ts'
import { markOf, since, sinceText } from './since.ts'
import type { Subject } from './subject.ts'

const LONGEST_PATTERN = 500

const pattern = z
  .string()
  .min(1)
  .max(LONGEST_PATTERN)
  .superRefine((source, refinement) => {
    try {
      linearPattern(source)
    } catch (error) {
      refinement.addIssue({ code: 'custom', message: `\`${source}\` is no pattern: ${messageOf(error)}` })
    }
  })

export const logAsked = z
  .strictObject({
    node: targets.describe('The node whose log it is; of several, that of each'),
    contains: z.string().min(1).optional().describe('A part of the line'),
    matches: pattern
      .optional()
      .describe('A regular expression for a part of the line, without look-arounds and back-references'),
    since: since.optional(),
    times: z
      .union([z.number().int().min(0), wholeBounds('lines')])
      .optional()
      .describe('How many such lines there are: a number, or at_least, at_most; one or more if not given'),
  })
  .superRefine(({ contains, matches }, refinement) => {
    const complain = (message: string, path: string[]) => refinement.addIssue({ code: 'custom', message, path })
    if (contains === undefined && matches === undefined)
      complain('say what the line is like: `contains` or `matches`', [])
    if (contains !== undefined && matches !== undefined) complain('give `contains` or `matches`, not both', ['matches'])
  })
  .meta({ allOf: [{ oneOf: [{ required: ['contains'] }, { required: ['matches'] }] }] })
  .describe('Ask for a line in the log of a node: since the scenario began, or since a phase or a step')

type LogAsked = z.infer<typeof logAsked>

/** Lines that are told where none is as asked. */
const SHOWN_LINES = 3
const SHOWN_LENGTH = 200

export const logSubject: Subject<{ log: LogAsked }> = {
  sentence: ({ log }) => `the log of ${describeTargets(log.node)} to have ${linesText(log)}${sinceText(log.since)}`,
  async look({ log }, context) {
    const nodes = await resolveTargets(log.node, context, ['log', 'node'])
    return await lookAtEach(nodes, async (node) => lookAtLog(node, log, context))
  },
}

/** `a line that contains "Full resync"`, `2 lines that match (rank #[12]`. */
function linesText({ contains, matches, times }: LogAsked): string {
  const isOne = times === undefined || times === 0 || times === 1
  const how = contains === undefined ? (isOne ? 'matches' : 'match') : isOne ? 'contains' : 'contain'
  return `${countText(times)} that ${how} ${contains === undefined ? matches : JSON.stringify(contains)}`
}

function countText(times: LogAsked['times']): string {
  if (times === undefined) return 'a line'
  if (typeof times === 'number') return times === 0 ? 'no line' : plural(times, 'line')
  return `${boundsText(times)} lines`
}

function lookAtLog(node: string, { contains, matches, since, times }: LogAsked, context: StepContext): Look {
  const from = since === undefined ? undefined : markOf(since, context).wallMs
  const lines = context.lookback.lines(node, from)
  const expression = matches === undefined ? undefined : linearPattern(matches)
  const isAsked = (line: string) => (expression ? expression.matches(line) : line.includes(contains ?? ''))
  if (times !== undefined) return lookAtCount(node, lines.filter(isAsked), times)
  const found = lines.findLast(isAsked)
  if (found !== undefined) return { ok: true, seen: `${node} logged "${shown(found)}"` }
  const near = nearestLines(lines, contains ?? matches ?? '')
  const told = near.length === 0 ? '' : `; the nearest: ${near.map((line) => `"${shown(line)}"`).join(' / ')}`
  return { ok: false, seen: `${node} logged ${plural(lines.length, 'line')}, none of which is like that${told}` }
}

function lookAtCount(node: string, found: readonly string[], times: NonNullable<LogAsked['times']>): Look {
  const ok = typeof times === 'number' ? found.length === times : isWithin(found.length, times)
  const last = found.at(-1)
  const told = last === undefined ? '' : `, the last of them "${shown(last)}"`
  return { ok, seen: `${node} logged ${plural(found.length, 'such line')}${told}` }
}

/** Those that share most words with what is asked for; where none does, the last ones. */
function nearestLines(lines: readonly string[], asked: string): string[] {
  const words = [...new Set(asked.toLowerCase().match(/[a-z0-9_]{3,}/g) ?? [])]
  const sharing = lines
    .map((line) => ({ line, shared: words.filter((word) => line.toLowerCase().includes(word)).length }))
    .filter(({ shared }) => shared > 0)
  const most = Math.max(...sharing.map(({ shared }) => shared))
  const best = sharing.filter(({ shared }) => shared === most).map(({ line }) => line)
  return (best.length > 0 ? best : lines).slice(-SHOWN_LINES)
}

function shown(line: string): string {
  return truncate(line, SHOWN_LENGTH)
}
