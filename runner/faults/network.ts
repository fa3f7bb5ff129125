import { formatDuration } from '../base/duration.ts'
import type { LinkAnswer, LinkFault, LinkProbe } from '../platforms/faults.ts'
import { type FaultStage, NotHealed, NotProven } from './fault.ts'
import {
  askAll,
  between,
  describeProbe,
  linkFault,
  linksOf,
  packetsCounted,
  probesAlong,
  runningNodes,
} from './network-faults.ts'

/** Questions asked on each link to measure it: the quickest answer counts, for a busy machine only ever adds. */
const TRIES = 3
/** Links that are measured, at most. */
const MEASURED = 4
/** What a busy machine may add to a delay, ms, beside a fifth of it. */
const SLACK_MS = 100
const PATIENCE_MS = 2000
const COUNTED_WITHIN_MS = 8000
/**
 * Large enough that a limited bandwidth shows, and small enough for a server to read it at once (48 000 of 65 536:
 * PROTO_INLINE_MAX_SIZE, server.h, Redis 7.0).
 */
const PAYLOAD_BYTES = 48_000
/** What a shaper lets pass at once before it limits, bytes. */
const BURST_BYTES = 16_000

/** Links that are slow, lossy or narrow. */
export const network = linkFault('network', {
  async prove(fault, stage) {
    const probes = probesAlong(fault.spec.links, await runningNodes(stage)).slice(0, MEASURED)
    const active = linksOf(stage.active)
    const found: string[] = []
    if (fault.spec.links.some(({ delayMs }) => delayMs)) found.push(await proveDelay(probes, active, stage))
    if (fault.spec.links.some(({ bytesPerSecond }) => bytesPerSecond)) {
      found.push(await proveBandwidth(probes, active, stage))
    }
    found.push(await proveCounted(fault.spec.links, probes, stage))
    return found.join(', ')
  },

  async proveHealed(fault, stage, probes) {
    const delayMs = Math.max(...fault.spec.links.map((link) => (link.delayMs ?? 0) - (link.jitterMs ?? 0)))
    const { answers, quickest } = await measure(probes.slice(0, MEASURED), stage, {
      payloadBytes: undefined,
      timeoutMs: PATIENCE_MS,
    })
    const silent = answers.find(({ outcome }) => outcome !== 'open')
    if (silent) throw new NotHealed(`no answer after the network was healed: ${describeProbe(silent)}`)
    if (delayMs > 0 && quickest > Math.max(delayMs, 5)) {
      throw new NotHealed(
        `answers still take ${formatDuration(quickest)}, after a delay of ${formatDuration(delayMs)} was taken away`,
      )
    }
    return `${probes.length === 1 ? 'a probe' : `${Math.min(probes.length, MEASURED)} probes`} answered, the quickest after ${formatDuration(quickest)}`
  },
})

/** The quickest of several answers along each probe, and of all. */
async function measure(
  probes: readonly LinkProbe[],
  stage: FaultStage,
  { payloadBytes, timeoutMs }: { payloadBytes: number | undefined; timeoutMs: number },
): Promise<{ answers: LinkAnswer[]; quickest: number }> {
  const asked = probes.map((probe) => ({
    ...probe,
    ...(payloadBytes === undefined ? {} : { payloadBytes, channel: 'data' as const }),
  }))
  const rounds: LinkAnswer[][] = []
  for (let round = 0; round < TRIES; round += 1) {
    stage.signal.throwIfAborted()
    rounds.push(await askAll(asked, timeoutMs, stage))
  }
  const answers = asked.map((_, index) => {
    const all = rounds.map((round) => round[index]).filter((answer) => answer !== undefined)
    return all.reduce((best, answer) => (timeOf(answer) < timeOf(best) ? answer : best))
  })
  return { answers, quickest: Math.min(...answers.map(timeOf)) }
}

function timeOf({ outcome, roundTripMs }: LinkAnswer): number {
  return outcome === 'open' ? (roundTripMs ?? 0) : Number.POSITIVE_INFINITY
}

async function proveDelay(
  probes: readonly LinkProbe[],
  active: readonly LinkFault[],
  stage: FaultStage,
): Promise<string> {
  const expected = probes.map((probe) => expectedDelay(between(active, probe)))
  const longest = Math.max(...expected.map(({ most }) => most))
  const { answers } = await measure(probes, stage, { payloadBytes: undefined, timeoutMs: longest * 2 + PATIENCE_MS })
  answers.forEach((answer, index) => {
    const { least = 0, most = 0 } = expected[index] ?? {}
    const tookMs = timeOf(answer)
    if (tookMs >= least * 0.9 && tookMs <= most * 1.2 + SLACK_MS) return
    const seen = answer.outcome === 'open' ? formatDuration(tookMs) : 'no answer'
    throw new NotProven(
      `a round trip ${describeProbe(answer)} should take ${formatDuration(least)} to ${formatDuration(most)} and was seen to take ${seen} (the quickest of ${TRIES})`,
    )
  })
  const times = answers.map(timeOf)
  return `round trips take ${formatDuration(Math.min(...times))} to ${formatDuration(Math.max(...times))}`
}

/** Both directions add up. */
function expectedDelay(links: readonly LinkFault[]): { least: number; most: number } {
  return links.reduce(
    ({ least, most }, { delayMs = 0, jitterMs = 0 }) => ({
      least: least + Math.max(delayMs - jitterMs, 0),
      most: most + delayMs + jitterMs,
    }),
    { least: 0, most: 0 },
  )
}

async function proveBandwidth(
  probes: readonly LinkProbe[],
  active: readonly LinkFault[],
  stage: FaultStage,
): Promise<string> {
  const limited = probes.map((probe) => {
    const way = active.filter(
      (link) => link.from === probe.from && link.to === probe.to && link.channel !== 'bus' && link.bytesPerSecond,
    )
    const rate = Math.min(...way.map(({ bytesPerSecond = Number.POSITIVE_INFINITY }) => bytesPerSecond))
    return { probe, leastMs: Number.isFinite(rate) ? (1000 * (PAYLOAD_BYTES - BURST_BYTES)) / rate : 0 }
  })
  const slow = limited.filter(({ leastMs }) => leastMs >= 50)
  if (slow.length === 0) return 'too wide to be measured with one question'
  const timeoutMs = Math.max(...slow.map(({ leastMs }) => leastMs)) * 4 + PATIENCE_MS
  const one = slow[0]
  if (!one) return ''
  const [answer] = await askAll([{ ...one.probe, channel: 'data', payloadBytes: PAYLOAD_BYTES }], timeoutMs, stage)
  const tookMs = answer ? timeOf(answer) : Number.POSITIVE_INFINITY
  if (tookMs < one.leastMs * 0.8) {
    throw new NotProven(
      `${PAYLOAD_BYTES / 1000} kB ${describeProbe(one.probe)} should take ${formatDuration(one.leastMs)} or more, and took ${formatDuration(tookMs)}`,
    )
  }
  const seen = Number.isFinite(tookMs) ? formatDuration(tookMs) : `more than ${formatDuration(timeoutMs)}`
  return `${PAYLOAD_BYTES / 1000} kB take ${seen}`
}

/** Goes on sending until the fault itself has counted something that it changed. Throws NotProven. */
async function proveCounted(
  links: readonly LinkFault[],
  probes: readonly LinkProbe[],
  stage: FaultStage,
): Promise<string> {
  const startMs = stage.clock.ranMs()
  for (let rounds = 1; ; rounds += 1) {
    const packets = await packetsCounted(links, stage)
    if (packets > 0) return `${packets} packets affected`
    if (stage.clock.ranMs() - startMs > COUNTED_WITHIN_MS) {
      throw new NotProven(
        `nothing was counted on these links within ${COUNTED_WITHIN_MS / 1000} s, although ${rounds * probes.length} probes went along them`,
        'A rare loss needs more traffic to be seen: raise it, or put load on the cluster.',
      )
    }
    await askAll(probes, PATIENCE_MS, stage)
  }
}
