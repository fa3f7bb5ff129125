import type { AlarmObservation, ServerEndObservation } from '../../record/audit-observations.ts'
import type { EventOf, ScenarioEvent } from '../../record/events.ts'
import type { ServiceObservation } from '../../record/observations.ts'
import { type Fault, PROCESS_FAULTS } from '../faults.ts'

/** The kinds of crash, as kinds of a fault. */
export const CRASHES = { crash: 'crash', outOfMemory: 'out of memory' } as const

/** Whether a fault of this kind is a crash, of which it is known already when it bit. */
export function isCrash(kind: string): boolean {
  return kind === CRASHES.crash || kind === CRASHES.outOfMemory
}

/** A silent server is looked at, and a line of a log is read, within this, ms. */
const LOOK_MS = 250
/** A write that is tried is waited for so long, ms. */
const WRITE_MS = 500
/** A crash report may be under way for so long before its server ends, ms. */
const REPORT_MS = 15_000

/**
 * Servers that crashed or ran out of memory, each told as a fault on its node. Nobody knows why servers ended that did
 * neither. Times are ms from `startMs`, the scenario's start; those of the service of a node's shard are so already.
 */
export function crashesOf(
  events: readonly ScenarioEvent[],
  startMs: number,
  serviceOf: (node: string) => readonly ServiceObservation[],
): Fault[] {
  const alarms = ofType(events, 'alarm-seen')
  return ofType(events, 'server-ended').flatMap((end): Fault[] => {
    const alarm = alarms.find((one) => isOf(one, end))
    if (alarm === undefined && end.outOfMemory !== true) return []
    const outOfMemory = end.outOfMemory === true || alarm?.kind === 'failed allocation'
    const seenMs = Math.min(alarm?.seenMs ?? end.seenMs, end.seenMs) - startMs
    const undo = undoOf(events, end)
    return [
      {
        kind: outOfMemory ? CRASHES.outOfMemory : CRASHES.crash,
        nodes: [end.node],
        ...goneBetween(serviceOf(end.node), seenMs),
        ...(undo && { undoStartMs: undo.fromMs - startMs, endMs: undo.toMs - startMs }),
        proof: end.text,
      },
    ]
  })
}

function isOf(alarm: AlarmObservation, { node, seenMs }: ServerEndObservation): boolean {
  return alarm.node === node && alarm.seenMs >= seenMs - REPORT_MS && alarm.seenMs <= seenMs + LOOK_MS
}

/**
 * From when to when the server may have gone, which is known since `seenMs`: while it writes its report it answers
 * nobody any more.
 */
function goneBetween(service: readonly ServiceObservation[], seenMs: number): Pick<Fault, 'startMs' | 'appliedMs'> {
  const refused = service.findLast(({ served, afterMs }) => !served && afterMs <= seenMs)
  if (refused === undefined || refused.seenMs < seenMs - REPORT_MS) {
    return { startMs: seenMs - LOOK_MS, appliedMs: seenMs }
  }
  // A write without an answer may have been sent before the server went, and was waited for that long.
  const byMs = refused.error === 'timeout' ? refused.seenMs + WRITE_MS : refused.seenMs
  return { startMs: refused.afterMs, appliedMs: Math.min(byMs, seenMs) }
}

/** A step that started it again, or the start of its program that its log tells of. */
function undoOf(
  events: readonly ScenarioEvent[],
  { node, seenMs }: ServerEndObservation,
): { fromMs: number; toMs: number } | undefined {
  const byStep = ofType(events, 'fault-seen').find(
    (one) => one.undone && PROCESS_FAULTS.has(one.fault) && one.nodes.includes(node) && one.fromMs >= seenMs,
  )
  const byItself = ofType(events, 'server-started').find((one) => one.node === node && one.seenMs >= seenMs)
  return byStep ?? (byItself && { fromMs: byItself.seenMs, toMs: byItself.seenMs })
}

function ofType<T extends ScenarioEvent['type']>(events: readonly ScenarioEvent[], type: T) {
  return events.filter((event): event is Extract<ScenarioEvent, EventOf<T>> => event.type === type)
}
