/** `degraded`: something else stands in for it, which `text` names. `missing`: nothing does. */
export type State = 'ok' | 'degraded' | 'missing'

/** The groups of a check-up, in the order in which they are shown. */
export const AREAS = ['main job', 'Docker', 'Debian packages', 'servers', 'ports', 'machine', 'faults'] as const
export type Area = (typeof AREAS)[number]

/** One thing that was looked at. */
export interface Finding {
  area: Area
  /** What was looked at, in a word or two: unique in its area. */
  subject: string
  state: State
  /** What was seen, and what stands in for it where it is degraded. */
  text: string
  /** The command that mends it, or what to do where no command does. */
  remedy?: string
}

/** Findings of one area. */
export interface Findings {
  ok(subject: string, text: string): Finding
  degraded(subject: string, text: string, remedy?: string): Finding
  missing(subject: string, text: string, remedy?: string): Finding
}

export function findingsOf(area: Area): Findings {
  const finding = (state: State) => (subject: string, text: string, remedy?: string) => ({
    area,
    subject,
    state,
    text,
    ...(remedy === undefined ? {} : { remedy }),
  })
  return { ok: finding('ok'), degraded: finding('degraded'), missing: finding('missing') }
}

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB']

/** A size (0 or more) in decimal units, for people: `31 MB`, `1.5 GB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1)
  const value = bytes / 1000 ** power
  return `${value < 10 && power > 0 ? Number(value.toFixed(1)) : Math.round(value)} ${UNITS[power]}`
}
