import { z } from 'zod'
import { expectedReply } from '../reply.ts'
import { target, targets } from '../targets.ts'
import { clusterState } from './cluster.ts'
import { infoAsked } from './info.ts'
import { logAsked } from './log.ts'
import { migrationState } from './migration.ts'
import { nodeAspects } from './node.ts'

const shape = {
  node: targets.optional().describe('Ask about this node; of several, what is expected must be so of each'),
  ...nodeAspects,
  cluster: clusterState.optional(),
  without: targets.optional().describe('Nodes that are left out of `healthy`: dead for good, or removed'),
  key: z.string().min(1).optional().describe('Ask about this key'),
  value: expectedReply.optional().describe('The value the key must have'),
  served_by: target.optional().describe('The node that must serve the key'),
  asked: targets
    .optional()
    .describe('The node to ask: for cluster, and for moved_to; of several, each must answer as expected'),
  moved_to: target.optional().describe('The node that the MOVED of the asked node must name'),
  slot: z.number().int().min(0).max(16383).optional().describe('Ask about this slot'),
  owner: target.optional().describe('The node that must own the slot'),
  info: infoAsked.optional(),
  log: logAsked.optional(),
  migration: migrationState.optional(),
  as: z.string().min(1).optional().describe('The name of the move, where its step gave it one'),
}

const SUBJECTS = ['node', 'cluster', 'key', 'slot', 'info', 'log', 'migration'] as const
/** They say by themselves what is expected. */
const STATES: readonly string[] = ['cluster', 'info', 'log', 'migration']
type SubjectName = (typeof SUBJECTS)[number]

/** What may be asked of each subject. */
export const ASPECTS: Readonly<Record<SubjectName, readonly string[]>> = {
  node: Object.keys(nodeAspects),
  cluster: ['asked', 'without'],
  key: ['value', 'served_by', 'asked', 'moved_to'],
  slot: ['owner'],
  info: [],
  log: [],
  migration: ['as'],
}

export const expectArg = z
  .strictObject(shape)
  .superRefine((value, refinement) => {
    const given = Object.entries(value).flatMap(([key, item]) => (item === undefined ? [] : [key]))
    const subjects = SUBJECTS.filter((subject) => given.includes(subject))
    const complain = (message: string, path: string[] = []) => refinement.addIssue({ code: 'custom', message, path })
    const [subject, second] = subjects
    if (subject === undefined)
      return complain('say what is asked about: node, cluster, key, slot, info, log or migration')
    if (second !== undefined)
      return complain(`ask about one thing in a step, not about ${subject} and ${second}`, [second])
    const aspects = given.filter((key) => key !== subject)
    for (const aspect of aspects) {
      if (ASPECTS[subject].length === 0) {
        complain(`\`${aspect}\` stands inside \`${subject}\`, or in a step of its own`, [aspect])
      } else if (!ASPECTS[subject].includes(aspect)) {
        complain(`\`${aspect}\` cannot be asked of a ${subject}; a ${subject} has ${ASPECTS[subject].join(', ')}`, [
          aspect,
        ])
      }
    }
    if (aspects.length === 0 && !STATES.includes(subject))
      complain(`say what is expected of the ${subject}: ${ASPECTS[subject].join(', ')}`)
    if ((value.moved_to === undefined) !== (value.asked === undefined) && subject === 'key') {
      complain('`asked` and `moved_to` belong together: which node is asked, and which one its MOVED must name')
    }
    if (value.moved_to !== undefined && (value.value !== undefined || value.served_by !== undefined)) {
      complain('`moved_to` stands without `value` and `served_by`: a redirection carries no value', ['moved_to'])
    }
    if (value.cluster === 'healthy' && value.asked !== undefined)
      complain('`healthy` asks every node; leave `asked` out', ['asked'])
    if (value.without !== undefined && value.cluster !== undefined && value.cluster !== 'healthy')
      complain(`\`without\` goes with \`healthy\`: what is \`${value.cluster}\` asks only nodes that answer`, [
        'without',
      ])
  })
  .meta({
    allOf: [
      { oneOf: SUBJECTS.map(subjectShape) },
      // A redirection names a node, and carries no value.
      { not: { required: ['moved_to', 'value'] } },
      { not: { required: ['moved_to', 'served_by'] } },
      { not: { required: ['asked', 'cluster'], properties: { cluster: { const: 'healthy' } } } },
      { not: { required: ['without', 'cluster'], properties: { cluster: { enum: ['ok', 'fail'] } } } },
    ],
  })

/** A subject with its aspects and no others, at least one of them; a cluster is asked as a whole. */
function subjectShape(subject: SubjectName) {
  return {
    required: [subject],
    propertyNames: { enum: [subject, ...ASPECTS[subject]] },
    ...(STATES.includes(subject) ? {} : { anyOf: ASPECTS[subject].map((key) => ({ required: [key] })) }),
    ...(subject === 'key' ? { dependencies: { asked: ['moved_to'], moved_to: ['asked'] } } : {}),
  }
}

export type ExpectArg = z.infer<typeof expectArg>
