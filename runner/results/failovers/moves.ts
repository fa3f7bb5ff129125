import type { ScenarioEvent } from '../../record/events.ts'
import { slotsOfText } from '../slot-text.ts'

/** Slots that a step was about to move, ms from the scenario's start. */
export interface MoveUnderWay {
  from: string
  to: string
  startMs: number
  /** When the last of them was moved; infinite where that never was. */
  endMs: number
}

/** The moves of slots that steps began. */
export function movesOf(events: readonly ScenarioEvent[], startMs: number): MoveUnderWay[] {
  const moved = events.flatMap((event) =>
    event.type === 'slots-moved' ? [{ slots: slotsOfText(event.slots), to: event.to, atMs: event.toMs - startMs }] : [],
  )
  return events.flatMap((event) => {
    if (event.type !== 'slots-moving') return []
    const beganMs = event.seenMs - startMs
    return event.moves.map(({ slots, from, to }): MoveUnderWay => {
      const left = slotsOfText(slots)
      let endMs = beganMs
      for (const one of moved) {
        if (one.to !== to || one.atMs < beganMs || left.size === 0) continue
        for (const slot of one.slots) left.delete(slot)
        endMs = one.atMs
      }
      return { from, to, startMs: beganMs, endMs: left.size === 0 ? endMs : Number.POSITIVE_INFINITY }
    })
  })
}
