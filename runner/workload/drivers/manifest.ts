import { z } from 'zod'
import { CAPABILITIES } from './protocol.ts'

/** What a client may be called: a word as in `client: node-redis`, and the name of its folder in `clients/`. */
const CLIENT_NAME = /^[a-z][a-z0-9-]*$/

const command = z.array(z.string().min(1)).min(1)

/** `clients/NAME/driver.json`: what is known of a client that comes with redis-chaos before its driver is started. */
export const manifest = z.strictObject({
  name: z.string().regex(CLIENT_NAME),
  /** One line: which library it is, and in which language. */
  summary: z.string().min(1),
  /** Starts its driver. The program is one of this machine (`node`), or lies in the folder if it begins with `./`; arguments are taken as they are, and the folder is the working directory. */
  command,
  /** What installs it, run in the folder; missing where nothing is to be installed. */
  install: command.optional(),
  /** What a person types to get it, where nothing here can: packages of the system. */
  byHand: z.string().min(1).optional(),
  /** How it shows that it is installed: a file in the folder that is there then, or a command that succeeds. */
  installed: z.union([z.strictObject({ file: z.string().min(1) }), z.strictObject({ command })]).optional(),
  /** What its driver says in its hello that it can do, so that what it cannot is known before it is started. */
  can: z.array(z.enum(CAPABILITIES)),
  /** The client's own options that a scenario may give, by their names. */
  options: z.record(
    z.string(),
    z.strictObject({
      type: z.enum(['number', 'boolean', 'string', 'object', 'list', 'any']),
      summary: z.string().min(1),
      /** What the client does without it; missing where it does nothing. */
      default: z.union([z.string(), z.number(), z.boolean(), z.null()]).optional(),
    }),
  ),
})

export type Manifest = z.infer<typeof manifest>
