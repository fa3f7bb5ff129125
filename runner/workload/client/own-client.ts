import ioredis from 'ioredis/package.json' with { type: 'json' }
import type { Capability } from '../drivers/protocol.ts'

/** The client library that the runner has itself, as its driver would introduce it. */
export const OWN_CLIENT: { name: string; version: string; can: readonly Capability[] } = {
  name: 'ioredis',
  version: ioredis.version,
  can: ['transaction', 'replica-reads'],
}
