/** One bound of a server version. */
interface VersionBound {
  op: '>=' | '>' | '<=' | '<' | '='
  /** Major, minor, patch; those not given are not compared by `=`. */
  version: number[]
}

/** Families of servers, as their own words begin: `redis 7.0.15`. Each counts its versions by itself. */
const FAMILIES = ['redis', 'valkey', 'redict'] as const

/** A server that will do: all bounds must hold. */
export interface ServerNeed {
  /** Any if left out: the bounds are then of the number alone. */
  family?: (typeof FAMILIES)[number]
  bounds: VersionBound[]
}

/** What a scenario needs in order to be played; without it, it is skipped. */
export interface Requires {
  platform?: string
  /** What the platform must be able to do: names of capabilities. */
  can?: string[]
  /** Any of them will do. */
  server?: ServerNeed[]
}

const OPERATOR = '(?:>=|>|<=|<|=)?'
const VERSION = '\\d+(?:\\.\\d+){0,2}'
const BOUNDS = `${OPERATOR}\\s*${VERSION}(?:[\\s,]+${OPERATOR}\\s*${VERSION})*`

/** What `parseServerNeed` accepts, as a pattern for the editor. */
export const SERVER_PATTERN = `^\\s*(?:(?:${FAMILIES.join('|')})(?:\\s+${BOUNDS})?|${BOUNDS})\\s*$`

const BOUND = /^(>=|>|<=|<|=)?(\d+(?:\.\d+){0,2})$/

/** A text such as `>=7.0`, `>=7.0 <8`, `valkey` or `redis >=8.4`; undefined if it is none. */
export function parseServerNeed(text: string): ServerNeed | undefined {
  if (!new RegExp(SERVER_PATTERN).test(text)) return undefined
  const words = text
    .trim()
    .replace(/(>=|>|<=|<|=)\s+/g, '$1')
    .split(/[\s,]+/)
  const family = FAMILIES.find((name) => name === words[0])
  const bounds = words.slice(family ? 1 : 0).flatMap((word) => {
    const match = BOUND.exec(word)
    return match
      ? { op: (match[1] ?? '=') as VersionBound['op'], version: (match[2] ?? '').split('.').map(Number) }
      : []
  })
  return { ...(family && { family }), bounds }
}

/** `server >=7.0 <8`, `valkey`, `redis >=8.4`. */
export function describeServerNeed({ family, bounds }: ServerNeed): string {
  const texts = bounds.map(({ op, version }) => `${op === '=' ? '' : op}${version.join('.')}`)
  return [family ?? 'server', ...texts].join(' ')
}

/**
 * Why a scenario cannot be played here, in a sentence; undefined if it can. `server` is in words, `redis 7.0.15`; leave
 * out what is not known yet.
 */
export function unmetRequirement(
  requires: Requires | undefined,
  here: { platform?: string; server?: string },
): string | undefined {
  if (requires?.platform !== undefined && here.platform !== undefined && requires.platform !== here.platform) {
    return `it needs the platform ${requires.platform}, and this is ${here.platform}`
  }
  const [server, family, version] = /^(\w+) (\d+(?:\.\d+)*)/.exec(here.server ?? '') ?? []
  if (requires?.server === undefined || version === undefined) return undefined
  const actual = version.split('.').map(Number)
  const isMet = requires.server.some(
    (need) => (need.family ?? family) === family && need.bounds.every((bound) => holds(bound, actual)),
  )
  if (isMet) return undefined
  const needs = requires.server.map((need) => `${need.family ? '' : 'a '}${describeServerNeed(need)}`)
  return `it needs ${needs.join(' or ')}, and this is ${server}`
}

function holds({ op, version }: VersionBound, actual: number[]): boolean {
  const length = op === '=' ? version.length : 3
  const order =
    Array.from({ length }, (_, i) => Math.sign((actual[i] ?? 0) - (version[i] ?? 0))).find((sign) => sign !== 0) ?? 0
  return { '>=': order >= 0, '>': order > 0, '<=': order <= 0, '<': order < 0, '=': order === 0 }[op]
}
