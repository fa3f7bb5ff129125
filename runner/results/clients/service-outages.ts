import type { ScenarioEvent } from '../../record/events.ts'

/**
 * A time in which the runner's own probe could write to no node of a shard, whatever its workloads' clients saw. The
 * probe asks every node, so it is over as soon as one serves. Times are ms from the scenario's start.
 */
export interface ServiceOutage {
  /** 1-based. */
  shard: number
  startMs: number
  /** How far `startMs` may be off, either way: the time between two writes of the probe. */
  startErrorMs: number
  /** Served again; the end of the watching if it was not. */
  endMs: number
  endErrorMs: number
  ended: boolean
}

/** The service outages of a scenario, in order of their beginning, from its own events. */
export function serviceOutages(events: readonly ScenarioEvent[], startMs: number): ServiceOutage[] {
  const seen = events.filter((event) => event.type === 'service-seen').sort((a, b) => a.seenMs - b.seenMs)
  const watched = events.find((event) => event.type === 'watch-ended')?.atMs ?? events.at(-1)?.atMs ?? startMs
  const open = new Map<number, ServiceOutage>()
  const outages: ServiceOutage[] = []
  for (const { shard, served, afterMs, seenMs } of seen) {
    const [atMs, errorMs] = [(afterMs + seenMs) / 2 - startMs, Math.abs(seenMs - afterMs) / 2]
    const begun = open.get(shard)
    if (!served && begun === undefined) {
      const outage = { shard, startMs: atMs, startErrorMs: errorMs, endMs: watched - startMs, endErrorMs: 0 }
      open.set(shard, { ...outage, ended: false })
    } else if (served && begun !== undefined) {
      open.delete(shard)
      outages.push({ ...begun, endMs: atMs, endErrorMs: errorMs, ended: true })
    }
  }
  return [...outages, ...open.values()].sort((a, b) => a.startMs - b.startMs)
}
