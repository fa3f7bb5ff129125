import { z } from 'zod'

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
  .describe('A share: 5%')

/** The ratio, from 0 to 1, of a text that `percent` accepted. */
export function ratioOf(text: string): number {
  return Number(PERCENT.exec(text)?.[1] ?? 0) / 100
}
