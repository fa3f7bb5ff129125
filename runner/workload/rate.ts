import { z } from 'zod'

const PER_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000 }
const HIGHEST = 1_000_000

/** Operations a second of a rate as scenarios write it (`500/s`, `30/m`); undefined if it is not one. */
export function parseRate(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\/(s|m|h)$/.exec(text)
  const unitMs = PER_MS[match?.[2] ?? '']
  return match && unitMs !== undefined ? (Number(match[1]) * 1000) / unitMs : undefined
}

/** A rate as text; checked here, turned into a number by whoever uses it. */
export const rate = z
  .string()
  .superRefine((text, refinement) => {
    const perSecond = parseRate(text)
    if (perSecond === undefined) {
      refinement.addIssue({ code: 'custom', message: `\`${text}\` is not a rate; write it as 500/s or 30/m` })
    } else if (perSecond <= 0 || perSecond > HIGHEST) {
      refinement.addIssue({
        code: 'custom',
        message: `\`${text}\` is not possible; a rate is above 0 and at most ${HIGHEST}/s`,
      })
    }
  })
  .describe('A rate: 500/s, 30/m')
