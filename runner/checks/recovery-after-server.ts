import { z } from 'zod'
import { formatDuration } from '../base/duration.ts'
import { capitalized, listed, plural } from '../base/text.ts'
import { defineCheck, type Measured } from './check.ts'
import { clientText, lengthOf } from './client-outage.ts'
import type { Evidence } from './evidence.ts'
import { partsOf, timeText } from './limit-parts.ts'
import { durationOf, durationText, type ShardChoice, shards } from './limits.ts'
import { type ClientOutage, clientOutagesOf } from './outages/client-outages.ts'
import { type ServerOutage, serverOutages } from './outages/server-outages.ts'
import { mostTelling, type Uncertain } from './outages/telling.ts'
import { momentText } from './words.ts'
import { EVERY_WORKLOAD } from './workloads.ts'

const limit = z
  .union([
    durationText,
    z.strictObject({
      at_most: durationText.describe('A duration: 250ms, 15s, 2m; the longest that a client may take'),
      shards,
    }),
  ])
  .meta({ title: 'Limit of a recovery', description: 'How long it may take; or how long, and in which shards' })

/** How long a client was out while its servers served. */
interface Recovery {
  outage: ClientOutage
  /** Those of its servers in it, in order; one at least. */
  servers: readonly [ServerOutage, ...ServerOutage[]]
  /** Whether it was out before its servers were. */
  isAhead: boolean
  ms: number
  errorMs: number
}

interface Recoveries {
  found: Recovery[]
  /** Outages of clients at a time at which no outage of the servers was seen. */
  unexplained: ClientOutage[]
  /** Outages of which the servers' was not over either. */
  unended: ClientOutage[]
  /** How many times a client had a server's outage behind it that had ended. */
  samples: number
}

export const recoveryAfterServer = defineCheck({
  name: 'recovery_after_server',
  summary: "A client's outage less those of its servers: how long it was out while they served, with its error",
  examples: ['1s', '{ at_most: 500ms, shards: touched }'],
  workloads: EVERY_WORKLOAD,
  tellsOfService: true,
  limit,
  limitText: timeText,
  measure(written, evidence): Measured {
    const asked = partsOf(written)
    const mostMs = durationOf(asked.at_most)
    const recoveries = recoveriesOf(evidence, asked.shards)
    const { found, unexplained, unended, samples } = recoveries
    const telling = mostTelling(found, mostMs, uncertain)
    const worst = telling?.one
    const unsure = [...unexplained, ...unended].filter(({ lengthMs, errorMs }) => lengthMs + errorMs > mostMs)
    const details = detailsOf(recoveries)
    if (worst !== undefined && telling?.finding === 'violated')
      return {
        ...told(worst),
        isManifest: true,
        finding: 'violated',
        samples,
        explanation: recoveryText(worst),
        details,
      }
    if (unsure.length > 0) {
      const value = worst === undefined ? 'not known' : told(worst).value
      const all = Math.max(samples, unsure.length)
      return { finding: 'unknown', value, samples: all, explanation: unsureText(evidence, unsure), details }
    }
    if (telling === undefined || worst === undefined) return { ...nothingFelt(evidence, recoveries), details }
    const { finding } = telling
    const doubt = finding === 'unknown' ? ` The limit is ${formatDuration(mostMs)}, ${doubtText(worst)}.` : ''
    return { ...told(worst), finding, samples, explanation: `${recoveryText(worst)}${doubt}`, details }
  },
})

function recoveriesOf(evidence: Evidence, choice: ShardChoice | undefined): Recoveries {
  const servers = serverOutages(evidence.facts).filter(({ shard }) => evidence.shards.includes(choice, shard))
  const { outages, shards: served } = clientOutagesOf(evidence)
  const recoveries: Recoveries = { found: [], unexplained: [], unended: [], samples: 0 }
  for (const outage of outages) {
    if (!evidence.shards.includes(choice, outage.shard)) continue
    const [first, ...others] = servers.filter((one) => isBehind(outage, one))
    if (first === undefined) recoveries.unexplained.push(outage)
    else if ([first, ...others].some(({ ended }) => !ended)) recoveries.unended.push(outage)
    else recoveries.found.push(recovery(outage, [first, ...others]))
  }
  for (const { shard, ended } of servers) if (ended) recoveries.samples += served.get(shard)?.clients ?? 0
  return recoveries
}

/**
 * All of the client's outage in which its servers served: after their first outage in it, and between several. What lies
 * before the first counts only where the client was surely out by then: of the same fault, both are out at once. Nobody
 * is served before the servers serve: what the errors allow below 0 is none.
 */
function recovery(outage: ClientOutage, servers: Recovery['servers']): Recovery {
  const [first] = servers
  const aheadMs = first.startMs - first.startErrorMs - (outage.startMs + outage.startErrorMs)
  const isAhead = aheadMs > 0
  const ownMs = (sign: 1 | -1) => {
    const backMs = outage.endMs + sign * outage.endErrorMs
    let ms = 0
    let servedFromMs = isAhead ? outage.startMs - sign * outage.startErrorMs : Number.POSITIVE_INFINITY
    for (const { startMs, startErrorMs, endMs, endErrorMs } of servers) {
      ms += Math.max(Math.min(startMs + sign * startErrorMs, backMs) - servedFromMs, 0)
      servedFromMs = endMs - sign * endErrorMs
    }
    return ms + Math.max(backMs - servedFromMs, 0)
  }
  const [least, most] = [ownMs(-1), ownMs(1)]
  return { outage, servers, isAhead, ms: (least + most) / 2, errorMs: (most - least) / 2 }
}

/** Whether the servers' outage lies, with its errors, in the client's, or begins in it. */
function isBehind(outage: ClientOutage, server: ServerOutage): boolean {
  if (server.shard !== outage.shard) return false
  const startMs = server.startMs - server.startErrorMs
  const endMs = server.endMs + server.endErrorMs
  return startMs <= outage.endMs + outage.endErrorMs && endMs >= outage.startMs - outage.errorMs
}

function uncertain({ outage, ms, errorMs }: Recovery): Uncertain {
  return { ms, errorMs, ended: outage.ended }
}

function told({ outage, ms, errorMs }: Recovery): Pick<Measured, 'value' | 'amount'> {
  const least = outage.ended ? '' : 'at least '
  return { value: `${least}${formatDuration(ms)} ± ${formatDuration(errorMs)}`, amount: ms }
}

function recoveryText(recovery: Recovery): string {
  const { outage, servers, isAhead } = recovery
  const isSum = isAhead || servers.length > 1
  const after = isSum
    ? `was not served for ${told(recovery).value} in which its servers were serving`
    : outage.ended
      ? `was served again ${told(recovery).value} after the servers`
      : `was still not served ${told(recovery).value} after the servers were`
  const texts = servers.map((one) => serverText(one))
  return `${capitalized(clientText(outage))} ${after}: it was out for ${lengthOf(outage)} from ${momentText(outage.startMs)} on, and ${listed(texts, 4)}.`
}

/** `the servers refused writes for 6.02 s ± 22 ms from 10.0 s on`. */
function serverText({ source, startMs, endMs, startErrorMs, endErrorMs }: ServerOutage): string {
  const length = `${formatDuration(endMs - startMs)} ± ${formatDuration(startErrorMs + endErrorMs)}`
  const did = source === 'probe' ? 'the servers refused writes' : 'the failover paused writes'
  return `${did} for ${length} from ${momentText(startMs)} on`
}

function doubtText({ outage }: Recovery): string {
  return outage.ended
    ? 'which its error does not tell from the limit: more operations a second for each client would'
    : 'and its outage had not ended when the recording did'
}

function unsureText({ facts }: Evidence, unsure: readonly ClientOutage[]): string {
  const shown = unsure.map((one) => `${clientText(one)} for ${lengthOf(one)} from ${momentText(one.startMs)} on`)
  const isWatched = (facts.clients?.probed.length ?? 0) > 0
  const why = isWatched
    ? 'no outage of their servers was seen to end then'
    : 'nobody looked at whether the servers took writes'
  return `Clients were out (${listed(shown, 3)}), and ${why}: how much of it was the client's own is not known. \`client_outage\` limits all of it.`
}

function nothingFelt({ facts }: Evidence, { samples, unexplained, unended }: Recoveries): Measured {
  const own = unexplained.length + unended.length
  // Of outages beside which no server outage was seen to end, how much was the client's own is not known.
  const nothing = own > 0 ? { value: 'not known', samples } : { value: 'none', amount: 0, samples }
  if (samples > 0) {
    const explanation =
      own > 0
        ? `Clients were out ${plural(own, 'time')} at which no outage of their servers was seen to end, and even all of that is within the limit.`
        : `No client was out longer than its servers, whenever these were back (${plural(samples, 'time')}).`
    return { ...nothing, finding: 'holds', explanation }
  }
  const explanation =
    facts.clients === undefined || facts.clients.probed.length === 0
      ? 'Nobody looked at whether the servers took writes.'
      : 'No outage of the servers was seen that ended: there was nothing to recover from.'
  return { ...nothing, finding: 'unknown', explanation }
}

function detailsOf({ found, unexplained }: Recoveries): string[] {
  const slowest = [...found].sort((a, b) => b.ms - a.ms).slice(0, 8)
  const lines = slowest.map(
    (one) =>
      `${clientText(one.outage)}: ${told(one).value} ${one.servers.length > 1 || one.isAhead ? 'while its servers served' : 'after the servers'}`,
  )
  const more = found.length > slowest.length ? [`and ${plural(found.length - slowest.length, 'more outage')}`] : []
  const others = unexplained.map((one) => `${clientText(one)}: ${lengthOf(one)}, at which no server outage was seen`)
  return [...lines, ...more, ...others.slice(0, 4)]
}
