import { listed, plural } from '../base/text.ts'
import type { ConnectionsObservation } from '../record/client-observations.ts'
import { isApplication } from './applications.ts'
import { defineCheck, type Measured } from './check.ts'
import { type Allowance, changesOf, leaksOf, type ServerLeak, startOf } from './connections/changes.ts'
import { latecomers } from './connections/latecomers.ts'
import { driverTrouble } from './driver-trouble.ts'
import type { Evidence } from './evidence.ts'
import { countWith, partsOf } from './limit-parts.ts'
import { countText } from './limits.ts'
import { EVERY_WORKLOAD } from './workloads.ts'

const limit = countWith({}).meta({ title: 'Limit of connections', description: 'How many there may be' })

/** What both checks have in common: limits of connections, in words, of clients that the servers see. */
const ofConnections = { workloads: EVERY_WORKLOAD, limit, limitText: countText }

export const reconnects = defineCheck({
  name: 'reconnects',
  summary: "Connections that a workload's client opened in place of others that had ended, as the servers saw them",
  examples: ['20', '{ at_most: 100 }'],
  ...ofConnections,
  measure(written, evidence): Measured {
    const looks = looksOf(evidence)
    if (!looks.some(({ open }) => open > 0)) return unseen(evidence, looks)
    const { reconnects: found, more, lost, byNode } = changesOf(looks)
    const amount = { value: String(found), amount: found, samples: looks.length }
    const others = more === 0 ? '' : ` ${plural(more, 'other')} came without one that had ended before.`
    const unreplaced =
      lost === 0 ? '' : ` ${plural(lost, 'connection')} ended and ${lost === 1 ? 'was' : 'were'} not replaced.`
    return {
      ...amount,
      finding: found > partsOf(written).at_most ? 'violated' : 'holds',
      explanation: `${plural(found, 'connection')} took the place of others that had ended.${others}${unreplaced} What came and went between two looks, a second apart, is not seen.`,
      details: [...byNode]
        .sort(([a], [b]) => byName(a, b))
        .map(([node, { opened, closed }]) => `${node}: ${opened} opened and ${closed} ended while the load went on`),
    }
  },
})

export const connectionsLeaked = defineCheck({
  name: 'connections_leaked',
  summary: "Connections of a workload's client that servers had at the end beyond what they had at the start",
  examples: ['0', '{ at_most: 2 }'],
  ...ofConnections,
  measure(written, evidence): Measured {
    const looks = looksOf(evidence)
    if (!looks.some(({ open }) => open > 0)) return unseen(evidence, looks)
    const { servers, unseen: silent } = leaksOf(looks, allowanceOf(evidence, looks))
    const leaked = servers.reduce((sum, server) => sum + server.leaked, 0)
    const amount = { value: String(leaked), amount: leaked, samples: servers.length }
    const left =
      silent.length === 0
        ? ''
        : ` ${listed(silent)} gave no answer at the end and ${silent.length === 1 ? 'is' : 'are'} left out.`
    const isApp = isApplication(evidence)
    const inOrder = [...servers].sort((a, b) => byName(a.node, b.node))
    const details = inOrder.map((server) => serverText(server, isApp))
    if (servers.length === 0) {
      const explanation = 'No server could be asked at the end, before the client was closed.'
      return { ...amount, finding: 'unknown', value: 'not known', explanation }
    }
    if (leaked === 0) {
      const explanation = `${nothingLeaked(servers, isApp)}${left}`
      return { ...amount, finding: 'holds', explanation, details }
    }
    const worst = servers.filter((server) => server.leaked > 0).sort((a, b) => b.leaked - a.leaked)
    return {
      ...amount,
      finding: leaked > partsOf(written).at_most ? 'violated' : 'holds',
      explanation: `${plural(leaked, 'connection')} more than at the start ${leaked === 1 ? 'was' : 'were'} open at the end, before the client was closed: ${serversText(worst, isApp)}.${left}`,
      details,
    }
  },
})

/** `redis-node2` before `redis-node10`. */
function byName(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}

function looksOf({ facts, history }: Evidence): ConnectionsObservation[] {
  return (facts.clients?.connections ?? []).filter(({ workload }) => workload === history.workload)
}

/**
 * What the client of a workload may open later. Nobody knows the clients of an application: it may keep a connection to
 * each server for each request that its users have at a time, as a pool does.
 */
function allowanceOf(evidence: Evidence, looks: readonly ConnectionsObservation[]): Allowance {
  const { facts, history } = evidence
  const { clients, workload } = history
  const hasPool = isApplication(evidence) || (facts.clients?.pools ?? []).includes(workload)
  return { clients, pool: hasPool ? clients : 0, late: latecomers(evidence, startOf(looks)) }
}

/** `redis-node2 had 24 at the end and 4 at the start`. */
function serverText({ node, first, last, allowed, why }: ServerLeak, isApp: boolean): string {
  const may = last > first && allowed > first ? ` (${allowed} allowed: ${whyText(why, isApp)})` : ''
  return `${node} had ${last} at the end and ${first} at the start${may}`
}

function whyText(why: ServerLeak['why'], isApp: boolean): string {
  if (why === 'usual') return 'another server had as many at the start'
  if (why === 'late') return 'clients that came there only later opened theirs then'
  return isApp ? 'one for each request that its users may have open at a time' : 'one for each client, in a pool'
}

function nothingLeaked(servers: readonly ServerLeak[], isApp: boolean): string {
  const grown = servers.filter(({ first, last }) => last > first).map(({ why }) => why)
  if (grown.includes('pool'))
    return `No server had more connections of it at the end than its pool may have: one for each ${isApp ? 'request that its users may have open at a time' : 'client'}.`
  return grown.includes('late')
    ? 'No server had more connections of it at the end than at the start, but for those of clients that came there only later.'
    : 'No server had more connections of it at the end than at the start.'
}

/** Of the first three, and how many servers more. */
function serversText(servers: readonly ServerLeak[], isApp: boolean): string {
  const more = servers.length - 3
  const shown = servers.slice(0, 3).map((server) => serverText(server, isApp))
  return [...shown, ...(more > 0 ? [`${plural(more, 'other server')} had more, too`] : [])].join('; ')
}

function unseen(evidence: Evidence, looks: readonly ConnectionsObservation[]): Measured {
  const trouble = driverTrouble(evidence)
  const why =
    trouble === undefined
      ? ': its client logs in as somebody else, or not at all. A driver is told it as `username`, an application in REDIS_USERNAME.'
      : `; yet ${trouble}.`
  const explanation =
    looks.length === 0
      ? 'No server was asked for the connections of this workload.'
      : `No server had a connection of the user that the workload was given${why}`
  return { finding: 'unknown', value: 'not known', samples: looks.length, explanation }
}
