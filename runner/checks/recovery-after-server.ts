import { z } from 'zod'
import { formatDuration } from '../base/duration.ts'
import { capitalized, listed, plural } from '../base/text.ts'
import { defineCheck, type Measured } from './check.ts'
import { clientText, lengthOf } from './client-outage.ts'
import type { Evidence } from './evidence.ts'
import { partsOf, timeText } from './limit-parts.ts'
import { durationOf, durationText, type ShardChoice, shards } from './limits.ts'
import { type ClientOutage, clientOutagesOf } from './outages/client-outages.ts'
import { lengthError } from './outages/resolution.ts'
import { type ServerOutage, serverOutages } from './outages/server-outages.ts'
import { mostTelling, type Telling, type Uncertain } from './outages/telling.ts'
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

/** How long a client was out while its servers served again. */
interface Recovery {
  outage: ClientOutage
  /** Those of its servers in it, in order; one at least. */
  servers: readonly [ServerOutage, ...ServerOutage[]]
  /** How long it was surely out before they were, ms: no recovery, and no outage of the servers explains it. */
  aheadMs: number
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
  summary: "A client's outage less those of its servers: how long it was out after them, with its error",
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
    const details = detailsOf(recoveries)
    const shown = telling && told(shownOf(telling))
    if (telling?.finding === 'violated') {
      const explanation = recoveryText(telling.one)
      return { ...told(telling.one), isManifest: true, finding: 'violated', samples, explanation, details }
    }
    const alone = [...unexplained, ...unended].filter(({ lengthMs, errorMs }) => lengthMs + errorMs > mostMs)
    const unsure = [...alone, ...found.filter(({ aheadMs }) => aheadMs > mostMs).map(({ outage }) => outage)]
    if (unsure.length > 0) {
      const all = Math.max(samples, unsure.length)
      const explanation = unsureText(evidence, unsure)
      return { finding: 'unknown', value: shown?.value ?? 'not known', samples: all, explanation, details }
    }
    const still = stillOut(unexplained, mostMs)
    if (still !== undefined) {
      const explanation = `${telling ? `${recoveryText(shownOf(telling))} Yet ` : ''}${still}: whether that is within the limit is not known.`
      const value = shown?.value ?? 'not known'
      return {
        finding: 'unknown',
        value,
        samples: Math.max(samples, 1),
        explanation: capitalized(explanation),
        details,
      }
    }
    if (telling === undefined) return { ...nothingFelt(evidence, recoveries), details }
    const { finding } = telling
    const doubt = finding === 'unknown' ? ` The limit is ${formatDuration(mostMs)}, ${doubtText(telling)}.` : ''
    const explanation = `${recoveryText(shownOf(telling))}${doubt}`
    return { ...told(shownOf(telling)), finding, samples, explanation, details }
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
 * All of the client's outage in which its servers served, from the end of their first outage in it on: until it was over,
 * or until their next one. Nobody is served before the servers serve: what the errors allow below 0 is none.
 */
function recovery(outage: ClientOutage, servers: Recovery['servers']): Recovery {
  const [first] = servers
  const aheadMs = first.startMs - first.startErrorMs - (outage.startMs + outage.startErrorMs)
  const ownMs = (sign: 1 | -1) => {
    const backMs = outage.endMs + sign * outage.endErrorMs
    let ms = 0
    let servedFromMs = Number.POSITIVE_INFINITY
    for (const { startMs, startErrorMs, endMs, endErrorMs } of servers) {
      ms += Math.max(Math.min(startMs + sign * startErrorMs, backMs) - servedFromMs, 0)
      servedFromMs = endMs - sign * endErrorMs
    }
    return ms + Math.max(backMs - servedFromMs, 0)
  }
  const [least, most] = [ownMs(-1), ownMs(1)]
  return { outage, servers, aheadMs, ms: (least + most) / 2, errorMs: lengthError((most - least) / 2) }
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
  const { outage, servers } = recovery
  const after =
    servers.length > 1
      ? `was not served for ${told(recovery).value} in which its servers served again`
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

/** Of one that had not ended it is not known how long it was: the longest that was seen is told. */
function shownOf({ one, longest, finding }: Telling<Recovery>): Recovery {
  return finding === 'unknown' && !one.outage.ended ? longest : one
}

function doubtText({ one, longest }: Telling<Recovery>): string {
  if (one.outage.ended)
    return 'which its error does not tell from the limit: more operations a second for each client would'
  return one === longest
    ? 'and its outage had not ended when the recording did'
    : `and the outage of ${clientText(one.outage)} had not ended when the recording did`
}

function unsureText({ facts }: Evidence, unsure: readonly ClientOutage[]): string {
  const shown = unsure.map((one) => `${clientText(one)} for ${lengthOf(one)} from ${momentText(one.startMs)} on`)
  const isWatched = (facts.clients?.probed.length ?? 0) > 0
  const why = isWatched
    ? 'no outage of their servers was seen to end then, or only much later'
    : 'nobody looked at whether the servers took writes'
  return `Clients were out (${listed(shown, 3)}), and ${why}: how much of it was the client's own is not known. \`client_outage\` limits all of it.`
}

/** Clients that were out when the recording ended, with all servers back; undefined without one that says anything. */
function stillOut(unexplained: readonly ClientOutage[], mostMs: number): string | undefined {
  const telling = mostTelling(unexplained, mostMs, ({ lengthMs, errorMs, ended, failures }) => {
    return { ms: lengthMs, errorMs, ended, isSingle: failures === 1 }
  })
  if (telling?.finding !== 'unknown' || telling.one.ended) return undefined
  const { one } = telling
  const more = unexplained.filter((other) => other !== one && !other.ended).length
  const others = more === 0 ? '' : `, as had ${plural(more, 'other outage')}`
  return `${clientText(one)} was out for ${lengthOf(one)} from ${momentText(one.startMs)} on, when its servers were back, and that had not ended when the recording did${others}`
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
      `${clientText(one.outage)}: ${told(one).value} ${one.servers.length > 1 ? 'while its servers served again' : 'after the servers'}`,
  )
  const more = found.length > slowest.length ? [`and ${plural(found.length - slowest.length, 'more outage')}`] : []
  const others = [...unexplained]
    .sort((a, b) => Number(a.ended) - Number(b.ended) || b.lengthMs - a.lengthMs)
    .map(
      (one) =>
        `${clientText(one)}: ${lengthOf(one)}, at which no server outage was seen${one.ended ? '' : '; it had not ended when the recording did'}`,
    )
  return [...lines, ...more, ...others.slice(0, 4)]
}
