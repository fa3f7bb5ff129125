import { z } from 'zod'

/** Bounds of whole numbers: at least one of the two. */
interface Bounds {
  at_least?: number | undefined
  at_most?: number | undefined
}

/** `{ at_least: 1 }`, `{ at_most: 5 }` or both; `what` says what is counted. */
export function wholeBounds(what: string) {
  const whole = z.number().int().min(0)
  return z
    .strictObject({
      at_least: whole.optional().describe(`The fewest that there may be: ${what}`),
      at_most: whole.optional().describe(`The most that there may be: ${what}`),
    })
    .superRefine(({ at_least, at_most }, refinement) => {
      const complain = (message: string, path: string[]) => refinement.addIssue({ code: 'custom', message, path })
      if (at_least === undefined && at_most === undefined) complain('give `at_least`, `at_most` or both', [])
      if (at_least !== undefined && at_most !== undefined && at_least > at_most)
        complain(`no number is at least ${at_least} and at most ${at_most}`, ['at_most'])
    })
    .meta({ minProperties: 1 })
}

export function isWithin(value: number, { at_least, at_most }: Bounds): boolean {
  return value >= (at_least ?? Number.NEGATIVE_INFINITY) && value <= (at_most ?? Number.POSITIVE_INFINITY)
}

/** `at least 1 and at most 5`. */
export function boundsText({ at_least, at_most }: Bounds): string {
  const parts = [at_least !== undefined && `at least ${at_least}`, at_most !== undefined && `at most ${at_most}`]
  return parts.filter(Boolean).join(' and ')
}
