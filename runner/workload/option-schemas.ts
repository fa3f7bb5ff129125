import { z } from 'zod'
import { duration } from '../base/duration-schema.ts'
import { notZero, numberUpTo } from '../base/number-pattern.ts'
import { IMAGE_NAME } from '../platforms/image-name.ts'
import type { FunctionName, WorkloadType } from '../record/history-codes.ts'
import { clientNames } from './drivers/registry.ts'

const PER_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000 }
const HIGHEST_RATE = 1_000_000

/** Operations a second of a rate as scenarios write it (`500/s`, `30/m`); undefined if it is not one. */
export function parseRate(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\/(s|m|h)$/.exec(text)
  const unitMs = PER_MS[match?.[2] ?? '']
  return match && unitMs !== undefined ? (Number(match[1]) * 1000) / unitMs : undefined
}

/** A rate as text; checked here, turned into a number by whoever uses it. */
const rate = z
  .string()
  .superRefine((text, refinement) => {
    const perSecond = parseRate(text)
    if (perSecond === undefined) {
      refinement.addIssue({ code: 'custom', message: `\`${text}\` is not a rate; write it as 500/s or 30/m` })
    } else if (perSecond <= 0 || perSecond > HIGHEST_RATE) {
      refinement.addIssue({
        code: 'custom',
        message: `\`${text}\` is not possible; a rate is above 0 and at most ${HIGHEST_RATE}/s`,
      })
    }
  })
  .meta({
    title: 'Rate',
    description: 'A rate: 500/s, 30/m',
    pattern: `^${notZero('/')}(?:${numberUpTo(HIGHEST_RATE)}/s|\\d+(?:\\.\\d+)?/[mh])$`,
    examples: ['100/s', '500/s', '30/m'],
  })

/** An image of one's own. */
export const imageName = z.string().regex(IMAGE_NAME, 'an image is named like my/app:1.2')

/** Options of workloads as scenarios write them: groups of keys that a type of workload puts together. */

const MOST_CLIENTS = 1000
const MOST_KEYS = 1_000_000
const LARGEST_VALUE = 1_048_576

export const commonOptions = {
  client: z
    .union([
      z.enum(['direct', 'ioredis', ...clientNames()]),
      z.strictObject({
        command: z
          .array(z.string().min(1))
          .min(1)
          .describe(
            "The driver, relative to the scenario's folder, and its arguments: [./my-driver, --verbose]; of an image, what is run in it",
          ),
      }),
      z.strictObject({
        image: imageName.describe('The image of the driver, which is run beside the servers, on Docker: my/driver:1.2'),
        command: z.array(z.string()).min(1).optional().describe('What is run in it; what the image says if not given'),
      }),
    ])
    .meta({
      title: 'Client',
      description:
        'direct (default): plain connections, every try recorded; ioredis: a cluster client as applications use it; another name: a client library through its driver; { command: [./my-driver] }: a driver of your own (docs/drivers.md); { image: my/driver }: the same in a container, on Docker',
    })
    .optional(),
  options: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('Options of the client, by its own names; docs/drivers.md'),
  ioredis: z
    .strictObject({
      maxRedirections: z.number().int().min(0).max(1000).optional().describe('Redirections and retries of a command'),
      retryDelayOnFailover: z.number().int().min(0).max(60_000).optional().describe('Pause before a retry, ms'),
      retryDelayOnClusterDown: z.number().int().min(0).max(60_000).optional().describe('Pause after CLUSTERDOWN, ms'),
      retryDelayOnTryAgain: z.number().int().min(0).max(60_000).optional().describe('Pause after TRYAGAIN, ms'),
      retryDelayOnMoved: z.number().int().min(0).max(60_000).optional().describe('Pause after MOVED, ms'),
      slotsRefreshTimeout: z.number().int().min(1).max(60_000).optional().describe('Limit for learning the slots, ms'),
      slotsRefreshInterval: z.number().int().min(0).max(3_600_000).optional().describe('How often it learns them, ms'),
      enableOfflineQueue: z.boolean().optional().describe('Whether commands wait for a connection'),
      enableAutoPipelining: z.boolean().optional().describe('Whether commands of one turn are sent together'),
      commandTimeout: z.number().int().min(1).max(600_000).optional().describe('Limit for a command on a node, ms'),
      connectTimeout: z.number().int().min(1).max(600_000).optional().describe('Limit for connecting, ms'),
      maxRetriesPerRequest: z.number().int().min(0).max(1000).nullable().optional().describe('Retries on a node'),
    })
    .meta({ title: 'Options of ioredis', description: "Options of ioredis' cluster client, by its own names" })
    .optional(),
  clients: z
    .number()
    .int()
    .min(1)
    .max(MOST_CLIENTS)
    .optional()
    .describe('Clients, one operation each at a time; 8 if not given'),
  rate: rate
    .optional()
    .describe(
      'A rate: 500/s, 30/m; operations that are late count from when they were due; without it, every client sends as soon as it is free',
    ),
  timeout: duration.optional().describe('A duration: 500ms, 1s; how long one operation may take, 1s if not given'),
  shards: z
    .union([z.number().int().min(1), z.array(z.number().int().min(1)).min(1)])
    .optional()
    .describe('The shards that its keys are on, from 1; all if not given'),
}

export const keyOptions = {
  keys: z.number().int().min(1).max(MOST_KEYS).optional().describe('How many keys, spread over the shards'),
  distribution: z
    .union([
      z.enum(['uniform', 'zipf', 'hot']),
      z.strictObject({ zipf: z.number().min(0).max(10).describe('The exponent: 0.99 is as YCSB has it') }),
      z.strictObject({
        hot: z
          .strictObject({
            keys: z.number().int().min(1).describe('How many keys are hot'),
            share: z.number().min(0).max(100).describe('Percent of the operations that go to them'),
          })
          .describe('How many keys are hot, and how hot'),
      }),
    ])
    .meta({
      title: 'Distribution of keys',
      description:
        'Which keys are used how often: uniform (default), zipf (exponent 0.99), hot (90% on one key in a hundred)',
    })
    .optional(),
}

export const valueOptions = {
  value_size: z.number().int().min(1).max(LARGEST_VALUE).optional().describe('Bytes of each value, at least'),
}

export const readOptions = {
  read_from: z.enum(['master', 'replica']).optional().describe('Who answers reads; the master if not given'),
}

export const writeOptions = {
  wait: z
    .strictObject({
      replicas: z.number().int().min(1).max(100).describe('How many replicas must have it'),
      timeout: duration.optional().describe('A duration: 100ms, 1s; how long to wait for them, 500ms if not given'),
    })
    .meta({
      title: 'Waiting for replicas',
      description:
        'Each write counts as done only when that many replicas have it (WAIT, on the connection that wrote)',
    })
    .optional(),
  durability: z
    .strictObject({
      local: z
        .number()
        .int()
        .min(0)
        .max(1)
        .optional()
        .describe("Whether the master's own disk must have it: 1 (default) or 0"),
      replicas: z
        .number()
        .int()
        .min(0)
        .max(100)
        .optional()
        .describe("How many replicas' disks must have it; 0 if not given"),
      timeout: duration.optional().describe('A duration: 100ms, 1s; how long to wait for them, 500ms if not given'),
    })
    .meta({
      title: 'Waiting for disks',
      description: 'Each write counts as done only when it is on disk (WAITAOF, from Redis 7.2)',
    })
    .optional(),
}

/** How often each of the functions is done. */
export function mixOf(
  functions: readonly FunctionName[],
): z.ZodType<Partial<Record<FunctionName, number>> | undefined> {
  const weight = z.number().min(0).max(1_000_000).optional()
  const entries = functions.map((name) => [name, weight.describe(`The share of ${name}, as a weight`)] as const)
  return z
    .strictObject(Object.fromEntries(entries))
    .refine((mix) => Object.values(mix).some((share) => (share ?? 0) > 0), 'one of the shares must be above 0')
    .optional()
    .describe('What is done how often, as weights: { read: 3, write: 1 }')
}

/** The schema of a type of workload. */
export function workloadSchema(type: WorkloadType, keys: Record<string, z.ZodType>): z.ZodType {
  return z.strictObject({ type: z.literal(type).describe('What the clients do'), ...keys })
}

/** Options that several types of workloads take. */
export const sharedOptions = { ...commonOptions, ...keyOptions, ...valueOptions, ...readOptions, ...writeOptions }

/** Forms that they are made of. */
export const optionForms: readonly z.ZodType[] = [
  rate,
  commonOptions.client,
  commonOptions.ioredis,
  keyOptions.distribution,
  writeOptions.wait,
  writeOptions.durability,
].map((schema) => (schema instanceof z.ZodOptional ? schema.unwrap() : schema))
