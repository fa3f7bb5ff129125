import { readFileSync } from 'node:fs'
import type { MachineObservation } from '../record/audit-observations.ts'

/** What the kernel has counted since the machine started. */
interface Counters {
  /** Ticks of all cores, and of these the ones that the host of a virtual machine gave to others. */
  allTicks: number
  stolenTicks: number
  /** How long something waited for a core, ms; absent where the kernel does not tell. */
  waitedMs?: number
}

/** Where the kernel tells of it (Documentation/filesystems/proc.rst and accounting/psi.rst of Linux). */
const STAT = '/proc/stat'
const PRESSURE = '/proc/pressure/cpu'

/** From the first line of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal; guests count as user. */
const TICKS = 8
const STEAL = 7

/**
 * Counts from `nowMs` on how much of its time this machine is wanting for cores. The function that is returned tells it
 * for the time until then; undefined where the kernel does not. `read` gives a file's text, and throws if there is none.
 */
export function countMachineLoad(
  nowMs: number,
  read: (file: string) => string = (file) => readFileSync(file, 'utf8'),
): (untilMs: number) => MachineObservation | undefined {
  const first = countersFrom(read)
  return (untilMs) => {
    const last = countersFrom(read)
    const ticks = (last?.allTicks ?? 0) - (first?.allTicks ?? 0)
    if (first === undefined || last === undefined || ticks <= 0) return undefined
    const waitedMs = (last.waitedMs ?? Number.NaN) - (first.waitedMs ?? Number.NaN)
    return {
      fromMs: nowMs,
      toMs: untilMs,
      stolen: (last.stolenTicks - first.stolenTicks) / ticks,
      ...(Number.isNaN(waitedMs) ? {} : { waited: Math.min(waitedMs / (untilMs - nowMs), 1) }),
    }
  }
}

function countersFrom(read: (file: string) => string): Counters | undefined {
  const line = /^cpu +([\d ]+)$/m.exec(textOf(STAT, read))?.[1]
  if (line === undefined) return undefined
  const ticks = line.split(' ').map(Number).slice(0, TICKS)
  const micros = /^some .* total=(\d+)$/m.exec(textOf(PRESSURE, read))?.[1]
  return {
    allTicks: ticks.reduce((sum, count) => sum + count, 0),
    stolenTicks: ticks[STEAL] ?? 0,
    ...(micros === undefined ? {} : { waitedMs: Number(micros) / 1000 }),
  }
}

/** Empty where there is no such file, as on other systems. */
function textOf(file: string, read: (file: string) => string): string {
  try {
    return read(file)
  } catch {
    return ''
  }
}
