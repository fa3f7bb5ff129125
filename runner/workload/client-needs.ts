import { CAPABILITY_TEXTS, type Capability } from './drivers/protocol.ts'
import { manifestOf } from './drivers/registry.ts'
import type { LoadOptions } from './options.ts'

/** What a client must be able to do beyond single commands to masters. */
export function needsOf({ type, readFrom }: LoadOptions): Capability[] {
  return [
    ...(type === 'transaction' ? (['transaction'] as const) : []),
    ...(readFrom === 'replica' ? (['replica-reads'] as const) : []),
  ]
}

/** Options that need `client: direct`, by their names: those for which commands must go on one known connection. */
export function directOptions({ wait, durability, own }: LoadOptions): string[] {
  return [...(wait ? ['wait'] : []), ...(durability ? ['durability'] : []), ...(own.via === 'watch' ? ['via'] : [])]
}

/** Why the client library of these options cannot carry them, for a sentence on their workload; undefined if it can. */
export function beyondClient(options: LoadOptions): string | undefined {
  const { client, driver } = options
  if (client === 'direct') return undefined
  const [direct] = directOptions(options)
  if (direct !== undefined)
    return `has \`${direct}\`, for which commands must go on one known connection: that takes \`client: direct\``
  const name = driver?.name
  if (name === undefined) return undefined
  const missing = needsOf(options).find((need) => !manifestOf(name).can.includes(need))
  return missing && `needs ${CAPABILITY_TEXTS[missing]}, which the driver of ${name} cannot do`
}
