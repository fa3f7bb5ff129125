const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Milliseconds of a duration as scenarios write it (`250ms`, `1.5s`, `2m`, `1h`); undefined if it is not one. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text)
  const unit = UNITS[match?.[2] ?? '']
  return match && unit !== undefined ? Number(match[1]) * unit : undefined
}

/** A duration (0 ms or more) for people: `0.4 ms`, `12 ms`, `1.23 s`, `2 min 5 s`, `3 h 2 min`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 9.95) return `${Number(durationMs.toFixed(1))} ms`
  if (durationMs < 999.5) return `${Math.round(durationMs)} ms`
  if (durationMs < 119_995) return `${(durationMs / 1000).toFixed(2)} s`
  const seconds = Math.round(durationMs / 1000)
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  const minutes = Math.round(durationMs / 60_000)
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** To the microsecond: what is finer is noise of the clock. */
export function roundMs(ms: number): number {
  return Math.round(ms * 1000) / 1000
}

/** A limit as people set it: `15 s`, not `15.00 s`. */
export function formatLimit(limitMs: number): string {
  return formatDuration(limitMs).replace('.00 s', ' s')
}
