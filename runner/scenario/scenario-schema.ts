import { z } from 'zod'
import { checks, FAILOVER, failoverChecks, needKeys } from '../checks/index.ts'
import { CAPABILITIES } from '../platforms/faults.ts'
import { WORKLOAD_NAME, workloadKinds } from '../workload/index.ts'
import { auditSchema } from './audit-schema.ts'
import { parseVersionBounds } from './requires.ts'
import { NAME } from './scope.ts'

/** The keys of a scenario and of a step file, with the descriptions that the editor shows. */

const PLATFORMS = ['docker', 'process'] as const

/** Keys that the language will have; naming one is an error and never ignored. */
export const LATER_KEYS = ['matrix']

/** Verbs that the language will have. */
export const LATER_VERBS = ['reshard', 'rebalance', 'add-node', 'remove-node']

/** Redis Cluster is made for up to 1000 nodes (Redis Cluster specification, "Redis Cluster goals"). */
const MOST_NODES = 1000

const title = z.string().min(1).describe('What the scenario shows, in one sentence')

const slotText = z.union([z.string().min(1), z.number().int().min(0)])

const serverVersion = z.string().superRefine((text, refinement) => {
  if (parseVersionBounds(text) !== undefined) return
  refinement.addIssue({
    code: 'custom',
    message: `\`${text}\` is not a server version; write it like '>=7.0' or '>=7.0 <8'`,
  })
})

const paramDefault = z.union([z.string(), z.number(), z.boolean()])

export const paramsSchema = z
  .record(z.string().regex(NAME, 'a name is letters, digits and _, and begins with a letter'), paramDefault)
  .describe('Names with their defaults, used as $name; --set name=value overrides them')

const steps = z.array(z.unknown()).min(1)

const limitsOf = (all: readonly { name: string; limits: z.ZodType }[]) =>
  Object.fromEntries(all.map(({ name, limits }) => [name, limits.optional()]))

const optional = (schemas: Record<string, z.ZodType>) =>
  Object.fromEntries(Object.entries(schemas).map(([key, schema]) => [key, schema.optional()]))

const checksSchema = z
  .object({ [FAILOVER]: z.strictObject(limitsOf(failoverChecks)).optional() })
  .catchall(z.strictObject({ ...limitsOf(checks), ...optional(needKeys) }))

export const clusterKeys = {
  shards: z.number().int().min(1).max(MOST_NODES).optional().describe('Masters; 3 if not given'),
  replicas: z.number().int().min(0).max(MOST_NODES).optional().describe('Replicas of each master; 1 if not given'),
  config: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .optional()
    .describe('Server settings, as in redis.conf: cluster-node-timeout: 5000'),
  slots: z
    .array(z.union([slotText, z.array(slotText).min(1)]))
    .min(1)
    .optional()
    .describe("Each shard's slots, as 0-2729, 8190-10919; split evenly if not given"),
}

export const scenarioKeys = {
  title,
  tags: z
    .array(z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'a tag is lower-case letters, digits and hyphens'))
    .optional()
    .describe('Words by which scenarios are chosen: --tag nightly'),
  description: z.string().min(1).optional().describe('More about the scenario, for its readers'),
  seed: z.number().int().min(0).max(0xffffffff).optional().describe('Decides all random choices; --seed wins over it'),
  requires: z
    .strictObject({
      platform: z.enum(PLATFORMS).optional().describe('Where the servers must run'),
      server: serverVersion.optional().describe("The server's version, as '>=7.0'"),
      can: z
        .array(z.enum(CAPABILITIES))
        .min(1)
        .optional()
        .describe('Faults that must be possible here: [delay, disk-full]; the command `doctor` tells which are'),
    })
    .optional()
    .describe('What the scenario needs; where it is missing, the scenario is skipped'),
  cluster: z
    .strictObject(clusterKeys)
    .optional()
    .describe('The cluster that is made for the scenario: 3 shards with 1 replica each if not given'),
  params: paramsSchema.optional(),
  workloads: z
    .record(z.string().regex(WORKLOAD_NAME), z.union(workloadKinds.map(({ schema }) => schema)))
    .optional()
    .describe('Load that runs in the background from the first step to the last, each under a name of its own'),
  checks: checksSchema
    .optional()
    .describe('Limits on what each workload may show at the end, by its name, and on failovers'),
  audit: auditSchema.optional(),
  steps: steps.describe('What is done and what is expected, in order'),
  finally: steps.optional().describe('Steps that are always played at the end, whatever went wrong before'),
}

export const stepFileKeys = {
  title: title.optional(),
  description: scenarioKeys.description,
  params: scenarioKeys.params,
  steps: scenarioKeys.steps,
}
