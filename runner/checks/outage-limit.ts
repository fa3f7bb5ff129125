import { z } from 'zod'
import { durationText, shards, withinKey } from './limits.ts'

/** How long clients may be out, and when and where that counts. */
export const outageLimit = z
  .union([
    durationText,
    z.strictObject({
      at_most: durationText.describe('A duration: 250ms, 15s, 2m; the longest that it may be'),
      during: withinKey,
      shards,
    }),
  ])
  .meta({ title: 'Limit of an outage', description: 'How long it may be; or how long, when and in which shards' })
