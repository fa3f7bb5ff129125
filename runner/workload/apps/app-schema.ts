import { z } from 'zod'
import { duration } from '../../base/duration-schema.ts'
import { commonOptions, imageName, keyOptions, mixOf, valueOptions } from '../option-schemas.ts'

/** What the runner says itself in the environment of an application. */
export const OWN_VARIABLES = ['PORT', 'HOST', 'REDIS_NODES', 'REDIS_USERNAME', 'REDIS_PASSWORD', 'REDIS_CHAOS']

/** Stands for the key in the path of a request. */
export const KEY_WORD = 'KEY'

const path = z.string().regex(/^\/[!-~]*$/, 'a path begins with / and has no blanks')
const itemPath = z
  .string()
  .regex(new RegExp(`^/[!-~]*${KEY_WORD}[!-~]*$`), `a path begins with / and has ${KEY_WORD} where the key belongs`)

const { clients, rate, timeout } = commonOptions

/** The load that goes through an application, as scenarios write it. */
const httpWorkload = z
  .strictObject({
    type: z.literal('http').describe('What the clients do: HTTP requests that write items and read them back'),
    clients,
    rate: rate
      .unwrap()
      .optional()
      .describe('A rate: 200/s, 30/m; requests that are late count from when they were due; 100/s if not given'),
    timeout: timeout
      .unwrap()
      .optional()
      .describe('A duration: 500ms, 2s; how long one request may take, 2s if not given'),
    keys: keyOptions.keys.unwrap().optional().describe('How many items; 200 if not given'),
    distribution: keyOptions.distribution,
    value_size: valueOptions.value_size,
    mix: mixOf(['read', 'write']),
    put: itemPath.optional().describe(`Path of the PUT that writes an item: /items/${KEY_WORD} if not given`),
    get: itemPath.optional().describe(`Path of the GET that reads it: /items/${KEY_WORD} if not given`),
  })
  .meta({ title: 'Load of an application', description: 'HTTP requests to an application' })

const plainValue = z.union([z.string(), z.number(), z.boolean()])

const common = {
  env: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a variable is letters, digits and _'), plainValue)
    .optional()
    .describe(
      'Variables of its environment, beside those of the runner: PORT, REDIS_NODES, REDIS_USERNAME, REDIS_PASSWORD',
    ),
  port: z
    .number()
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .describe('The port that it listens on; if not given, a free one, and 8080 in an image'),
  ready: z
    .union([
      path,
      z.strictObject({
        path: path.describe('Path of the GET'),
        within: duration.optional().describe('A duration: 20s, 1m; how long it may take, 20s if not given'),
      }),
    ])
    .optional()
    .describe(
      'Where a GET is answered with 2xx once it is ready: /health; if not given, it is ready once its port is open',
    ),
  workload: z
    .union([z.literal('http'), httpWorkload])
    .optional()
    .describe('The load that goes through it: http, or { type: http, rate: 200/s }; checks name it as the application'),
}

/** An application under test, as scenarios write it: a program of this machine, or an image. */
export const appSchema = z
  .union([
    z.strictObject({
      command: z
        .array(z.string().min(1))
        .min(1)
        .describe(
          "The program and its arguments, as [node, ./shop.mjs]; it runs in the scenario's folder, or in its `image`, and needs --allow commands",
        ),
      ...common,
    }),
    z.strictObject({
      image: imageName.describe(
        'An image that is run beside the servers, as my/shop:1.2; it needs Docker, and --allow commands',
      ),
      command: z
        .array(z.string())
        .min(1)
        .optional()
        .describe('What is run in the image; what the image says if not given'),
      ...common,
    }),
  ])
  .meta({ title: 'Application', description: 'A program under test that uses the cluster' })

/** Forms that they are made of. */
export const appForms: readonly z.ZodType[] = [httpWorkload, appSchema]

export type WrittenApp = z.infer<typeof appSchema>
export type WrittenHttp = z.infer<typeof httpWorkload>
