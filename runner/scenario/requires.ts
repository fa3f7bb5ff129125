/** One bound of a server version. */
export interface VersionBound {
  op: '>=' | '>' | '<=' | '<' | '='
  /** Major, minor, patch; those not given are not compared by `=`. */
  version: number[]
}

/** What a scenario needs in order to be played; without it, it is skipped. */
export interface Requires {
  platform?: string
  /** What the platform must be able to do: names of capabilities. */
  can?: string[]
  /** All must hold. */
  server?: VersionBound[]
}

/** What `parseVersionBounds` accepts, as a pattern for the editor. */
export const VERSION_PATTERN =
  '^\\s*(?:>=|>|<=|<|=)?\\s*\\d+(?:\\.\\d+){0,2}(?:[\\s,]+(?:>=|>|<=|<|=)?\\s*\\d+(?:\\.\\d+){0,2})*\\s*$'

const BOUND = /^(>=|>|<=|<|=)?\s*(\d+(?:\.\d+){0,2})$/

/** Bounds of a text such as `>=7.0` or `>=7.0 <8`; undefined if it is not one. */
export function parseVersionBounds(text: string): VersionBound[] | undefined {
  const parts = text
    .trim()
    .replace(/(>=|>|<=|<|=)\s+/g, '$1')
    .split(/[\s,]+/)
  const bounds = parts.map((part) => {
    const match = BOUND.exec(part)
    return match
      ? { op: (match[1] ?? '=') as VersionBound['op'], version: (match[2] ?? '').split('.').map(Number) }
      : undefined
  })
  return bounds.every((bound) => bound !== undefined) ? bounds : undefined
}

/**
 * Why a scenario cannot be played here, in a sentence; undefined if it can. `serverVersion` is as the server reports
 * it, `7.0.15`; leave out what is not known yet.
 */
export function unmetRequirement(
  requires: Requires | undefined,
  here: { platform?: string; serverVersion?: string },
): string | undefined {
  if (requires?.platform !== undefined && here.platform !== undefined && requires.platform !== here.platform) {
    return `it needs the platform ${requires.platform}, and this is ${here.platform}`
  }
  if (requires?.server === undefined || here.serverVersion === undefined) return undefined
  const version = here.serverVersion.split('.').map((part) => Number.parseInt(part, 10) || 0)
  const unmet = requires.server.find((bound) => !holds(bound, version))
  return (
    unmet &&
    `it needs a server ${unmet.op === '=' ? '' : unmet.op}${unmet.version.join('.')}, and this is ${here.serverVersion}`
  )
}

function holds({ op, version }: VersionBound, actual: number[]): boolean {
  const length = op === '=' ? version.length : 3
  const order =
    Array.from({ length }, (_, i) => Math.sign((actual[i] ?? 0) - (version[i] ?? 0))).find((sign) => sign !== 0) ?? 0
  return { '>=': order >= 0, '>': order > 0, '<=': order <= 0, '<': order < 0, '=': order === 0 }[op]
}
