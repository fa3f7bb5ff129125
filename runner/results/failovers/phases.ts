import { roundMs } from '../../base/duration.ts'
import type { MomentName, TimelineMoment, TimelinePhase } from './timeline.ts'

/** What the time until a moment is called. */
const LEADS_TO: Readonly<Record<MomentName, string>> = {
  fault: 'fault',
  requested: 'request',
  'first sign': 'first sign',
  down: 'shutdown',
  'first error': 'until first error',
  suspected: 'until suspected',
  failed: 'until agreed failed',
  accepted: 'until accepted',
  'writes paused': 'until writes are paused',
  'offset received': 'until offset is told',
  'caught up': 'catching up',
  'election delayed': 'until election is set up',
  'election started': 'election delay',
  promoted: 'election',
  'first write': 'until first write',
  'views agree': 'until views agree',
  'old master is replica': 'until old master is replica',
  'in sync': 'resync',
  'given up': 'until given up',
}

/**
 * The time from the first moment to the last, cut at each one between: each phase begins where the one before it ends.
 * `moments` in order of time.
 */
export function phasesOf(moments: readonly TimelineMoment[]): TimelinePhase[] {
  return moments.slice(1).map((moment, index): TimelinePhase => {
    const before = moments[index] ?? moment
    return {
      name: isRetry(moment, moments.slice(0, index + 1))
        ? 'lost election, waiting to try again'
        : LEADS_TO[moment.name],
      startMs: before.atMs,
      durationMs: roundMs(moment.atMs - before.atMs),
      errorMs: roundMs(moment.errorMs + before.errorMs),
    }
  })
}

/** Set up once more after an election that was begun. */
function isRetry(moment: TimelineMoment, before: readonly TimelineMoment[]): boolean {
  return moment.name === 'election delayed' && before.some(({ name }) => name === 'election started')
}
