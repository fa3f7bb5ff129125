import { z } from 'zod'

const BANDWIDTH = /^(\d+(?:\.\d+)?)(kb|mb|kbit|mbit)\/s$/
const BYTES: Record<string, number> = { kb: 1000, mb: 1_000_000, kbit: 125, mbit: 125_000 }
const LEAST_BYTES = 1000

/** A bandwidth as text: `500kb/s`, `1mb/s` (bytes), `8mbit/s`. Turned into bytes per second by `bytesPerSecondOf`. */
export const bandwidth = z
  .string()
  .superRefine((text, refinement) => {
    if (!BANDWIDTH.test(text)) {
      const message = `\`${text}\` is not a bandwidth; write it as 500kb/s, 1mb/s or 8mbit/s`
      refinement.addIssue({ code: 'custom', message })
    } else if (bytesPerSecondOf(text) < LEAST_BYTES) {
      refinement.addIssue({
        code: 'custom',
        message: `\`${text}\` is too narrow: the least is 1kb/s; to let nothing through, use partition`,
      })
    }
  })
  .describe('A bandwidth: 500kb/s, 1mb/s (bytes), 8mbit/s')

/** Bytes per second of a text that `bandwidth` accepted. */
export function bytesPerSecondOf(text: string): number {
  const match = BANDWIDTH.exec(text)
  return Math.round(Number(match?.[1] ?? 0) * (BYTES[match?.[2] ?? ''] ?? 0))
}
