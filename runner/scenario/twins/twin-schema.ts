import { z } from 'zod'
import { auditRules } from '../../checks/audit/index.ts'
import { checks, FAILOVER, failoverChecks } from '../../checks/index.ts'
import { WORKLOAD_NAME } from '../../workload/index.ts'

/** What may stand under `twins:`, with the descriptions that the editor shows. */

const stepName = z.string().min(1)

const checkNames = [...checks, ...failoverChecks].map(({ name }) => name)

const fails = z
  .union([
    stepName.describe('The name of the step'),
    z.strictObject({
      check: z.enum(checkNames).describe('A check'),
      of: z.string().describe(`The workload that it is about, or ${FAILOVER}`),
    }),
    z.strictObject({ audit: z.enum(auditRules.map(({ name }) => name)).describe('A rule of the audit') }),
  ])
  .describe('Where it must fail: the name of a step, { check: lost_writes, of: orders }, or { audit: crash }')

/** One of these at least says what is different. */
const CHANGES = ['config', 'set', 'workloads', 'without', 'steps'] as const

export const NOTHING_DIFFERENT = `nothing is different in this twin: it takes one of ${CHANGES.join(', ')}`

const plain = z.union([z.string(), z.number(), z.boolean()])

const twinKeys = {
  because: z.string().min(1).describe('Why the scenario must fail then, in one sentence'),
  config: z
    .record(z.string().meta({ pattern: '^[a-z0-9-]+$' }), z.union([z.string(), z.number()]))
    .optional()
    .describe('Server settings that are different'),
  set: z.record(z.string(), plain).optional().describe('Params that have another value'),
  workloads: z
    .record(z.string().regex(WORKLOAD_NAME), z.record(z.string(), z.unknown()))
    .optional()
    .describe('Options of workloads that are different; null for one that is left out'),
  without: z
    .union([stepName, z.array(stepName).min(1)])
    .optional()
    .describe('Names of steps that are left out'),
  before: stepName.optional().describe('The name of the step before which more steps are played'),
  after: stepName.optional().describe('The name of the step after which more steps are played'),
  steps: z.array(z.unknown()).min(1).optional().describe('The steps that are played as well'),
  fails,
}

/** One twin. */
export const twinShape = z
  .strictObject(twinKeys)
  .superRefine((twin, refinement) => {
    const complain = (key: string, message: string) => refinement.addIssue({ code: 'custom', message, path: [key] })
    if (CHANGES.every((key) => twin[key] === undefined)) complain('because', NOTHING_DIFFERENT)
    const places = [twin.before, twin.after].filter((name) => name !== undefined).length
    if (twin.steps !== undefined && places !== 1) complain('steps', '`steps` stand with one of `before` and `after`')
    if (twin.steps === undefined && places > 0)
      complain(
        twin.before === undefined ? 'after' : 'before',
        'this says where more `steps` are played, and there are none',
      )
  })
  .meta({
    title: 'Twin',
    allOf: [
      { anyOf: CHANGES.map((key) => ({ required: [key] })) },
      {
        oneOf: [
          { required: ['steps', 'before'] },
          { required: ['steps', 'after'] },
          { not: { anyOf: ['steps', 'before', 'after'].map((key) => ({ required: [key] })) } },
        ],
      },
    ],
  })

export const twinsSchema = z
  .array(twinShape)
  .min(1)
  .describe('What is changed so that the scenario must fail, and where; `redis-chaos twins` plays them')
