import { z } from 'zod'
import { notZero, numberUpTo } from '../base/number-pattern.ts'

const PERCENT = /^(\d+(?:\.\d+)?)%$/

/** A share as text, `5%`: above 0 and at most 100. Turned into a ratio by `ratioOf`. */
export const percent = z
  .string()
  .superRefine((text, refinement) => {
    const value = Number(PERCENT.exec(text)?.[1])
    if (Number.isNaN(value)) {
      refinement.addIssue({ code: 'custom', message: `\`${text}\` is not a percentage; write it as 5%` })
    } else if (value <= 0 || value > 100) {
      refinement.addIssue({
        code: 'custom',
        message: `${text} is no share of anything: it must be above 0% and at most 100%`,
      })
    }
  })
  .meta({
    title: 'Share',
    description: 'A share: 5%',
    pattern: `^${notZero('%')}${numberUpTo(100)}%$`,
    examples: ['1%', '5%', '20%'],
  })

/** The ratio, from 0 to 1, of a text that `percent` accepted. */
export function ratioOf(text: string): number {
  return Number(PERCENT.exec(text)?.[1] ?? 0) / 100
}

const SIZE = /^(\d+(?:\.\d+)?)(kb|mb|gb)$/
/** As in redis.conf: `1mb` is 1024 × 1024 bytes. */
const BYTES_OF_SIZE: Record<string, number> = { kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 }

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
  .meta({
    title: 'Amount of memory',
    description: 'An amount of memory: 512kb, 64mb, 1gb',
    pattern: `^${notZero('[kmg]b')}\\d+(?:\\.\\d+)?[kmg]b$`,
    examples: ['512kb', '64mb', '1gb'],
  })

/** Bytes of a text that `size` accepted. */
export function bytesOf(text: string): number {
  const match = SIZE.exec(text)
  return Math.round(Number(match?.[1] ?? 0) * (BYTES_OF_SIZE[match?.[2] ?? ''] ?? 0))
}

const BANDWIDTH = /^(\d+(?:\.\d+)?)(kb|mb|kbit|mbit)\/s$/
const BYTES_OF_RATE: Record<string, number> = { kb: 1000, mb: 1_000_000, kbit: 125, mbit: 125_000 }
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
  .meta({
    title: 'Bandwidth',
    description: 'A bandwidth: 500kb/s, 1mb/s (bytes), 8mbit/s',
    pattern: `^${notZero('[km]b')}\\d+(?:\\.\\d+)?[km]b(?:it)?/s$`,
    examples: ['500kb/s', '1mb/s', '8mbit/s'],
  })

/** Bytes per second of a text that `bandwidth` accepted. */
export function bytesPerSecondOf(text: string): number {
  const match = BANDWIDTH.exec(text)
  return Math.round(Number(match?.[1] ?? 0) * (BYTES_OF_RATE[match?.[2] ?? ''] ?? 0))
}
