import { z } from 'zod'
import { messageOf } from '../../base/errors.ts'
import { linearPattern } from '../../base/linear-pattern.ts'
import type { Look } from '../../base/poll.ts'
import { plural, truncate } from '../../base/text.ts'
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
  sentence: ({ log }) =>
    `the log of ${describeTargets(log.node)} to have a line that ${
      log.contains === undefined ? `matches ${log.matches}` : `contains ${JSON.stringify(log.contains)}`
    }${sinceText(log.since)}`,
  async look({ log }, context) {
    const nodes = await resolveTargets(log.node, context, ['log', 'node'])
    return await lookAtEach(nodes, async (node) => lookAtLog(node, log, context))
  },
}

function lookAtLog(node: string, { contains, matches, since }: LogAsked, context: StepContext): Look {
  const from = since === undefined ? undefined : markOf(since, context).wallMs
  const lines = context.lookback.lines(node, from)
  const expression = matches === undefined ? undefined : linearPattern(matches)
  const isAsked = (line: string) => (expression ? expression.matches(line) : line.includes(contains ?? ''))
  const found = lines.findLast(isAsked)
  if (found !== undefined) return { ok: true, seen: `${node} logged "${shown(found)}"` }
  const near = nearestLines(lines, contains ?? matches ?? '')
  const told = near.length === 0 ? '' : `; the nearest: ${near.map((line) => `"${shown(line)}"`).join(' / ')}`
  return { ok: false, seen: `${node} logged ${plural(lines.length, 'line')}, none of which is like that${told}` }
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
