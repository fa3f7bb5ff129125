import { z } from 'zod'
import { plural } from '../base/text.ts'

/**
 * Keys of a limit that compares a workload with another one, which does without what this one is about: without WAIT,
 * for one. If both fared alike, the run shows nothing of what sets them apart.
 */
export const comparisonKeys = {
  against: z
    .string()
    .min(1)
    .optional()
    .describe('A workload to compare with, which is expected to have more: say also `must: differ`'),
  must: z
    .literal('differ')
    .optional()
    .describe('differ: if the workload it is compared with (`against`) has no more, nothing is shown: inconclusive'),
}

type Comparison = { against?: string | undefined; must?: 'differ' | undefined }

/** For `refine`: one key without the other says nothing. */
export function isWholeComparison({ against, must }: Comparison): boolean {
  return (against === undefined) === (must === undefined)
}

export const HALF_A_COMPARISON = {
  error: 'say both what to compare with (against) and that it must have more (must: differ), or neither',
}

/** The same for the schema of the editor. */
export const WHOLE_COMPARISON = { dependencies: { against: ['must'], must: ['against'] } }

/** `, fewer than plain`, as it follows a limit. */
export function comparisonText({ against }: Comparison): string {
  return against === undefined ? '' : `, fewer than ${against}`
}

/** The workload that a limit compares with; undefined if it compares with none. */
export function comparedWith(limit: unknown): string | undefined {
  const compares = typeof limit === 'object' && limit !== null && 'against' in limit
  return compares && typeof limit.against === 'string' ? limit.against : undefined
}

/** What was found of a workload, as far as it is compared. */
interface Found {
  value: string
  amount?: number
  samples: number
}

/** What was found in the workload itself and in the one it is compared with, side by side. */
export interface Compared {
  /** Whether the other had more. */
  differs: boolean
  /** A sentence without its end. */
  text: string
}

/** `other`: undefined if nothing is known of it. */
export function compare(against: string, own: Found, other: Found | undefined): Compared {
  const apart = 'so this run does not show that what sets the two apart makes a difference (`must: differ`)'
  if (other === undefined || other.amount === undefined || other.samples === 0) {
    return {
      differs: false,
      text: `nothing could be judged of the workload ${against}, which it is compared with: ${apart}`,
    }
  }
  const differs = other.amount > (own.amount ?? 0)
  const found = `${other.value}, judged by ${plural(other.samples, 'sample')}`
  if (differs) return { differs, text: `the workload ${against}, which it is compared with, has more (${found})` }
  return { differs, text: `the workload ${against}, which it is compared with, has no more (${found}): ${apart}` }
}
