import { CAPABILITIES, type FaultSupport } from '../platforms/faults.ts'
import { type AttemptOptions, attempt } from './attempt.ts'
import { type Finding, findingsOf } from './finding.ts'

/** A platform that can tell which faults it brings about, by having tried. */
export interface FaultTeller {
  /** `Docker`, `processes`. */
  name: string
  faultSupport(signal?: AbortSignal): Promise<FaultSupport[]>
}

/** The faults of each platform that answers here, one finding for each capability, with the means or the reason of each. */
export async function faultFindings(tellers: readonly FaultTeller[], limits: AttemptOptions): Promise<Finding[]> {
  const told = await Promise.all(
    tellers.map(async ({ name, faultSupport }) => ({ name, seen: await attempt(faultSupport, limits) })),
  )
  const findings = findingsOf('faults')
  const silent = told.flatMap(({ name, seen }) => ('value' in seen ? [] : [{ name, seen }]))
  const unknown = silent.map(({ name, seen }) =>
    findings.degraded(`faults of ${name}`, `not known: ${seen.problem}`, seen.hint),
  )
  const known = told.flatMap(({ name, seen }) => ('value' in seen ? [{ name, support: seen.value }] : []))
  if (known.length === 0) return unknown
  return [
    ...unknown,
    ...CAPABILITIES.filter((name) => name !== 'pause').map((capability) => findingOf(capability, known)),
  ]
}

function findingOf(capability: string, known: readonly { name: string; support: readonly FaultSupport[] }[]): Finding {
  const { ok, degraded } = findingsOf('faults')
  const each = known.map(({ name, support }) => ({
    name,
    ...(support.find((one) => one.capability === capability) ?? { supported: false, how: 'no way is known' }),
  }))
  const text = each.map(({ name, supported, how }) => `${name}: ${supported ? how : `unsupported (${how})`}`).join('; ')
  if (each.every(({ supported }) => supported)) return ok(capability, text)
  const hint = each
    .map((one) => ('hint' in one && !one.supported ? one.hint : undefined))
    .find((one) => one !== undefined)
  return degraded(capability, text, hint)
}
