import type { Hindsight } from '../../runner/steps/hindsight.ts'

/** Of a time in which a step did not look, nothing is known. */
export const NO_HINDSIGHT: Hindsight = {
  logged: () => [],
  serversDuring: async () => undefined,
  shaken: async () => undefined,
  momentOf: (nowMs) => nowMs,
  momentOfLine: ({ seenMs }) => seenMs,
}
