import { formatSlotRanges } from '../cluster/slots.ts'
import type { StepContext } from '../steps/verb.ts'
import type { Stage } from './stage.ts'

/** Moves of slots, as steps tell of them, become events. */
export function movesNotedBy({
  recorder,
  scenario,
  clock,
  begunMoves,
}: Pick<Stage, 'recorder' | 'scenario' | 'clock' | 'begunMoves'>): Pick<StepContext, 'noteMoves' | 'noteMoved'> {
  return {
    noteMoves: (moves) => {
      begunMoves.push(...moves.flatMap(({ slots }) => slots))
      const meant = moves.map(({ slots, from, to }) => ({ slots: formatSlotRanges(slots), from, to }))
      recorder.record({ type: 'slots-moving', scenario, seenMs: recorder.timeOf(clock.nowMs()), moves: meant })
    },
    noteMoved: ({ slots, startMs, endMs, ...rest }) => {
      const times = { fromMs: recorder.timeOf(startMs), toMs: recorder.timeOf(endMs) }
      recorder.record({ type: 'slots-moved', scenario, slots: formatSlotRanges(slots), ...rest, ...times })
    },
  }
}
