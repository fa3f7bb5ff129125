import { z } from 'zod'
import { duration } from '../base/duration-schema.ts'
import { MAX_SEED } from '../base/random.ts'
import { checks, FAILOVER, failoverChecks, limitForms, needKeys } from '../checks/index.ts'
import { NO_SLOTS, SLOT_COUNT, SLOTS_PATTERN } from '../cluster/slots.ts'
import { CAPABILITIES } from '../platforms/faults.ts'
import { bandwidth, percent, size } from '../steps/amounts.ts'
import { expectedReply } from '../steps/reply.ts'
import { serverName } from '../steps/server-of-node.ts'
import { target, targets } from '../steps/targets.ts'
import { appForms, appSchema } from '../workload/apps/app-schema.ts'
import { WORKLOAD_NAME, workloadKinds } from '../workload/index.ts'
import { optionForms } from '../workload/option-schemas.ts'
import { auditSchema, pardonForNodes, pardons } from './audit-schema.ts'
import { parseServerNeed, SERVER_PATTERN } from './requires.ts'
import { NAME } from './scope.ts'
import { twinsSchema } from './twins/twin-schema.ts'

/** The keys of a scenario and of a step file, with the descriptions that the editor shows. */

const PLATFORMS = ['docker', 'process'] as const

/** Keys that the language will have; naming one is an error and never ignored. */
export const LATER_KEYS = ['matrix']

/** Redis Cluster is made for up to 1000 nodes (Redis Cluster specification, "Redis Cluster goals"). */
const MOST_NODES = 1000

const title = z.string().min(1).describe('What the scenario shows, in one sentence')

const slotText = z.union([
  z
    .string()
    .min(1)
    .meta({ pattern: SLOTS_PATTERN, examples: ['0-5460', '0-2729, 8190-10919'] }),
  z
    .number()
    .int()
    .min(0)
    .meta({ maximum: SLOT_COUNT - 1 }),
])

const slots = z
  .union([slotText, z.array(slotText).min(1)])
  .meta({ title: 'Slots', description: 'Slots of a shard, as 0-5460, or a list of such texts' })

/** `none` is of a shard alone, and not of a part of its slots. */
const shardSlots = z
  .union([z.literal(NO_SLOTS), slots])
  .meta({ description: 'Slots of a shard, as 0-5460, or a list of such texts; none for a master without slots' })

const replicas = z.number().int().min(0).max(MOST_NODES)

const serverNeed = z
  .string()
  .meta({ pattern: SERVER_PATTERN, examples: ['>=7.0', '>=7.0 <8', 'valkey', 'redis >=8.4'] })
  .superRefine((text, refinement) => {
    if (parseServerNeed(text) !== undefined) return
    refinement.addIssue({
      code: 'custom',
      message: `\`${text}\` is not a server version; write it like '>=7.0', '>=7.0 <8' or 'redis >=8.4'; the families are redis, valkey and redict`,
    })
  })

const plainValue = z.union([z.string(), z.number(), z.boolean()])
/** `true` for `yes` is a mistake that YAML invites. */
const setting = plainValue.meta({
  description: 'As in redis.conf, which has yes and no in place of true and false',
  allOf: [{ type: ['string', 'number'] }],
})

export const paramsSchema = z
  .record(z.string().regex(NAME, 'a name is letters, digits and _, and begins with a letter'), plainValue)
  .describe('Names with their defaults, used as $name; --set name=value overrides them')

const steps = z.array(z.unknown()).min(1)

/** Whatever stands under a workload or under `failover`, something does. */
const FILLED = { minProperties: 1 }

const limitsOf = (all: readonly { name: string; limits: z.ZodType }[]) =>
  Object.fromEntries(all.map(({ name, limits }) => [name, limits.optional()]))

const optional = (schemas: Record<string, z.ZodType>) =>
  Object.fromEntries(Object.entries(schemas).map(([key, schema]) => [key, schema.optional()]))

/** The types of workloads, as the schema for editors names them. */
const workloadForms = workloadKinds.map(({ name, summary, schema }) =>
  schema.meta({ title: `Workload ${name}`, description: summary }),
)

const workloadChecks = z
  .strictObject({ ...limitsOf(checks), ...optional(needKeys) })
  .meta({ ...FILLED, title: 'Checks of a workload', description: 'Limits on what a workload may show' })

const checksSchema = z
  .object({
    [FAILOVER]: z
      .strictObject(limitsOf(failoverChecks))
      .meta({ ...FILLED, description: 'Limits on failovers: how long they and their parts may take' })
      .optional(),
  })
  .catchall(workloadChecks)
  .meta({ ...FILLED, propertyNames: { pattern: WORKLOAD_NAME.source } })

export const clusterKeys = {
  shards: z.number().int().min(1).max(MOST_NODES).optional().describe('Masters; 3 if not given'),
  replicas: z
    .union([replicas, z.array(replicas).min(1).max(MOST_NODES)])
    .optional()
    .describe('Replicas of each master: one number for all, or one for each, as [2, 1, 0]; 1 if not given'),
  config: z
    .record(z.string().meta({ pattern: '^[a-z0-9-]+$' }), setting)
    .optional()
    .describe('Server settings, as in redis.conf: cluster-node-timeout: 5000'),
  slots: z
    .array(shardSlots)
    .min(1)
    .optional()
    .describe("Each shard's slots, as 0-2729, 8190-10919, or none; split evenly if not given"),
  servers: z
    .record(z.string().meta({ examples: ['redis-node3', 'replica of shard 1', 'all replicas'] }), serverName)
    .optional()
    .describe('Servers of nodes that do not run the one that is played on: replica of shard 1: redis:8.0'),
}

export const scenarioKeys = {
  title,
  tags: z
    .array(
      z
        .string()
        .regex(/^[a-z0-9][a-z0-9-]*$/, 'a tag is lower-case letters, digits and hyphens')
        .meta({ examples: ['nightly', 'failover'] }),
    )
    .optional()
    .describe('Words by which scenarios are chosen: --tag nightly'),
  description: z.string().min(1).optional().describe('More about the scenario, for its readers'),
  seed: z.number().int().min(0).max(MAX_SEED).optional().describe('Decides all random choices; --seed wins over it'),
  requires: z
    .strictObject({
      platform: z.enum(PLATFORMS).optional().describe('Where the servers must run'),
      server: z
        .union([serverNeed, z.array(serverNeed).min(1)])
        .optional()
        .describe(
          "The server's version, as '>=7.0'; of one family: 'redis >=8.4'; any of several: a list of such texts",
        ),
      can: z
        .array(z.enum(CAPABILITIES))
        .min(1)
        .optional()
        .describe('Faults that must be possible here: [delay, disk-full]; the command `doctor` tells which are'),
    })
    .optional()
    .describe('What the scenario needs; where it is missing, the scenario is skipped'),
  alone: z
    .boolean()
    .optional()
    .describe('true: with --parallel nothing else is played beside it, for it measures or loads the machine itself'),
  cluster: z
    .strictObject(clusterKeys)
    .optional()
    .describe('The cluster that is made for the scenario: 3 shards with 1 replica each if not given'),
  params: paramsSchema.optional(),
  workloads: z
    .record(z.string().regex(WORKLOAD_NAME), z.union(workloadForms))
    .meta({ ...FILLED, propertyNames: { pattern: WORKLOAD_NAME.source, not: { const: FAILOVER } } })
    .optional()
    .describe('Load that runs in the background from the first step to the last, each under a name of its own'),
  apps: z
    .record(z.string().regex(WORKLOAD_NAME), appSchema)
    .meta({ ...FILLED, propertyNames: { pattern: WORKLOAD_NAME.source, not: { const: FAILOVER } } })
    .optional()
    .describe('Programs under test that are started beside the cluster, each under a name of its own; docs/apps.md'),
  checks: checksSchema
    .optional()
    .describe('Limits on what each workload may show at the end, by its name, and on failovers'),
  audit: auditSchema.optional(),
  steps: steps.describe('What is done and what is expected, in order'),
  finally: steps.optional().describe('Steps that are always played at the end, whatever went wrong before'),
  twins: twinsSchema.optional(),
}

/** Forms that stand in many places; each has a title, and stands once in the schema for editors. */
export const forms: readonly z.ZodType[] = [
  duration,
  percent,
  size,
  bandwidth,
  target,
  targets,
  serverName,
  expectedReply,
  slots,
  pardons,
  pardonForNodes,
  ...limitForms,
  ...optionForms,
  ...appForms,
  ...workloadForms,
  workloadChecks,
]

const titles = new Set(forms.map((form) => form.meta()?.title))

/** Whether a shape with this title is one of them. */
export function isForm(title: string): boolean {
  return titles.has(title)
}

export const stepFileKeys = {
  title: title.optional(),
  description: scenarioKeys.description,
  params: scenarioKeys.params,
  steps: scenarioKeys.steps,
}
