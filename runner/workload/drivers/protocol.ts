/**
 * What the runner and a client driver say to each other: one JSON object a line, over the driver's stdin and stdout.
 * docs/drivers.md says the same for whoever writes one.
 */
import { z } from 'zod'

/** The newest version of the protocol, which is the one that the runner speaks. */
export const PROTOCOL = 1

/** A longer line, in bytes, is no message. */
export const LONGEST_LINE = 16 * 1024 * 1024

/**
 * What a driver may say in its hello that it can do; words that are not known here are passed over. No workload needs
 * `pool`: it says how many connections are no leak.
 */
export const CAPABILITIES = ['transaction', 'replica-reads', 'pool'] as const

export type Capability = (typeof CAPABILITIES)[number]

/** The same for people. */
export const CAPABILITY_TEXTS: Record<Capability, string> = {
  transaction: 'transactions (MULTI … EXEC)',
  'replica-reads': 'reads from replicas',
  pool: 'a pool of connections, up to one for each client to each server',
}

/** A reply of a server: a text, an integer, nothing, a list, or an error in the middle of a transaction. */
export type DriverReply = string | number | boolean | null | { error: string } | DriverReply[]

const reply: z.ZodType<DriverReply> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.object({ error: z.string() }), z.array(reply)]),
)

const id = z.number().int().min(1)
const trouble = { id, class: z.string().optional(), text: z.string().optional() }

/** The first thing that a driver says, before it is told anything. */
const hello = z.object({
  type: z.literal('hello'),
  protocol: z.number().int().min(1),
  name: z.string().min(1),
  version: z.string().min(1),
  can: z.array(z.string()).default([]),
})

const ready = z.object({ type: z.literal('ready') })
/** `replies`: one for each command of the operation. */
const ok = z.object({ type: z.literal('ok'), id, replies: z.array(reply) })
/** The operation was certainly not carried out, and will not be. */
const fail = z.object({ type: z.literal('fail'), ...trouble })
/** Nobody knows whether it was, or will be. */
const indeterminate = z.object({ type: z.literal('indeterminate'), ...trouble })

/** All that a driver may say. Further keys of a message are passed over. */
export const fromDriver = z.discriminatedUnion('type', [hello, ready, ok, fail, indeterminate])

export type FromDriver = z.infer<typeof fromDriver>
export type Hello = z.infer<typeof hello>
export type Outcome = Exclude<FromDriver, { type: 'hello' | 'ready' }>

/** The answer to a hello: what to connect to, and how. */
export const start = z.object({
  type: z.literal('start'),
  /** The version that the runner goes by from here on. */
  protocol: z.number().int(),
  nodes: z.array(
    z.object({
      name: z.string(),
      /** Where this machine reaches it. */
      host: z.string(),
      port: z.number().int(),
      /** Where the other nodes reach it: what servers name that know no hostnames. */
      peer: z.object({ host: z.string(), port: z.number().int() }),
    }),
  ),
  username: z.string().optional(),
  password: z.string().optional(),
  /** How many clients the workload has, numbered from 0: as many operations may be under way. */
  clients: z.number().int(),
  /** How long the runner waits for an outcome, ms. */
  timeoutMs: z.number(),
  readFrom: z.enum(['master', 'replica']),
  /** Options of the client, by its own names, as they stand in the scenario. */
  options: z.record(z.string(), z.unknown()),
})

/** One operation: a command, or MULTI … EXEC for a driver that can. */
export const invoke = z.object({
  type: z.literal('invoke'),
  id,
  client: z.number().int(),
  commands: z.array(z.array(z.string()).readonly()).readonly(),
  /** A replica may answer it. */
  replica: z.literal(true).optional(),
})

export const stop = z.object({ type: z.literal('stop') })

export type ToDriver = z.infer<typeof start> | z.infer<typeof invoke> | z.infer<typeof stop>
