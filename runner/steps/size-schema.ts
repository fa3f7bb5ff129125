import { z } from 'zod'

const SIZE = /^(\d+(?:\.\d+)?)(kb|mb|gb)$/
/** As in redis.conf: `1mb` is 1024 × 1024 bytes. */
const BYTES: Record<string, number> = { kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 }

/** An amount of memory as text: `64mb`. Turned into bytes by `bytesOf`. */
export const size = z
  .string()
  .superRefine((text, refinement) => {
    if (SIZE.test(text) && bytesOf(text) > 0) return
    refinement.addIssue({
      code: 'custom',
      message: SIZE.test(text)
        ? `\`${text}\` is nothing at all; write an amount above 0, as 64mb`
        : `\`${text}\` is not an amount of memory; write it as 512kb, 64mb or 1gb`,
    })
  })
  .describe('An amount of memory: 512kb, 64mb, 1gb')

/** Bytes of a text that `size` accepted. */
export function bytesOf(text: string): number {
  const match = SIZE.exec(text)
  return Math.round(Number(match?.[1] ?? 0) * (BYTES[match?.[2] ?? ''] ?? 0))
}
