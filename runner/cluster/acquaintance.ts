import { groupBy } from '../base/group.ts'
import { isEstablished } from './agreed-view.ts'
import type { Snapshot } from './live-cluster.ts'
import { formatSlotRanges } from './slots.ts'

/**
 * Which of the expected nodes do not know each other, a sentence for each cause: who came back as another node, who
 * belongs to nobody's cluster, who lacks whom, and whose handshakes are not over.
 */
export function acquaintanceProblems(snapshot: Snapshot, expected: readonly string[]): string[] {
  const comebacks = comebacksOf(snapshot)
  const lacks = lacksOf(snapshot, expected, comebacks)
  const outsiders = outsidersOf(snapshot, lacks)
  const unnamed = [...outsiders].filter((name) => !comebacks.get(name)?.isStranger)
  const others = lacks.filter(({ viewer, subject }) => !outsiders.has(viewer) && !outsiders.has(subject))
  return [
    ...[...comebacks.values()].map(({ text }) => text),
    ...(unnamed.length === 0 ? [] : [`${list(unnamed, 'is', 'are')} not part of the cluster`]),
    ...whoLacksWhom(others),
    ...handshakes(snapshot),
  ]
}

/** How nodes that do not know each other, or know one as another, are brought to it: steps, in words. */
export function acquaintanceAdvice(snapshot: Snapshot, expected: readonly string[]): string[] {
  const comebacks = comebacksOf(snapshot)
  const lacks = lacksOf(snapshot, expected, comebacks)
  const outsiders = outsidersOf(snapshot, lacks)
  const former = [...comebacks.keys()]
  const strangers = former.filter((name) => comebacks.get(name)?.isStranger)
  const lacked = groupBy(
    lacks.filter(({ viewer, subject }) => !outsiders.has(viewer) && !outsiders.has(subject)),
    ({ subject }) => subject,
  )
  const unmet = [...new Set([...strangers, ...outsiders, ...lacked.keys()])]
  return [
    ...(unmet.length === 0 ? [] : [`${steps('meet', unmet)} introduces ${unmet.length === 1 ? 'it' : 'them'} to all`]),
    ...(former.length === 0 ? [] : [`${steps('forget', former)} makes the others forget who it was`]),
    ...(lacked.size === 0 ? [] : [`whoever was told to forget a node takes nobody else’s word for it for 60 s`]),
  ]
}

function steps(verb: string, nodes: readonly string[]): string {
  return nodes.map((node) => `\`${verb}: ${node}\``).join(' and ')
}

/** Somebody does not have a node in its view. */
interface Lack {
  viewer: string
  subject: string
}

interface Comeback {
  text: string
  /** None of the others knows it as it is now. */
  isStranger: boolean
}

/**
 * Nodes of which others know another id than their own, as after the loss of nodes.conf. Whoever finds another node at
 * its address forgets the address, not the node (cluster.c, clusterProcessPacket, Redis 7.0).
 */
function comebacksOf(snapshot: Snapshot): Map<string, Comeback> {
  const reports = [...snapshot.reports.values()]
  const found = reports.flatMap(({ name, view: { myId } }): [string, Comeback][] => {
    const known = reports
      .filter((other) => other.name !== name)
      .flatMap(({ view }) => view.nodes.filter(({ flags }) => !flags.has('handshake')))
      .filter((node) => node.id === myId || snapshot.nameOf(node) === name)
    const former = known.find(({ id }) => id !== myId)
    if (former === undefined) return []
    const slots = known.find(({ id, slots }) => id === former.id && slots.length > 0)?.slots ?? []
    const owns = slots.length === 0 ? '' : `, the owner of slots ${formatSlotRanges(slots)}`
    const isStranger = !known.some(({ id }) => id === myId)
    const [now, was] = [myId, former.id].map((id) => id.slice(0, 8))
    const text = isStranger
      ? `${name} came back as another node, ${now}, which nobody knows: the others know ${was}${owns}`
      : `${name} is ${now} now, and the others still know ${was} of it${owns}`
    return [[name, { text, isStranger }]]
  })
  return new Map(found)
}

/** Who has which node not in its view, at least not as the node that it is now. */
function lacksOf(snapshot: Snapshot, expected: readonly string[], comebacks: ReadonlyMap<string, Comeback>): Lack[] {
  return [...snapshot.reports.values()].flatMap(({ name: viewer, view }) => {
    const members = new Set(view.nodes.filter(isEstablished).map((node) => snapshot.nameOf(node)))
    return expected
      .filter((subject) => !members.has(subject) || (subject !== viewer && comebacks.get(subject)?.isStranger))
      .map((subject) => ({ viewer, subject }))
  })
}

/** Nodes that all the others lack. */
function outsidersOf(snapshot: Snapshot, lacks: readonly Lack[]): Set<string> {
  const subjects = new Set(lacks.map(({ subject }) => subject))
  const isLacked = (subject: string) => {
    const viewers = [...snapshot.reports.keys()].filter((name) => name !== subject)
    return viewers.every((viewer) => lacks.some((lack) => lack.viewer === viewer && lack.subject === subject))
  }
  return new Set([...subjects].filter(isLacked))
}

/** By those who are lacked, or by those who lack, whichever says it in fewer sentences. */
function whoLacksWhom(lacks: readonly Lack[]): string[] {
  const bySubject = groupBy(lacks, ({ subject }) => subject)
  const byViewer = groupBy(lacks, ({ viewer }) => viewer)
  if (byViewer.size < bySubject.size) {
    return [...byViewer].map(
      ([viewer, all]) => `${viewer} does not know ${all.map(({ subject }) => subject).join(', ')}`,
    )
  }
  return [...bySubject].map(
    ([subject, all]) => `${subject} is not known to ${all.map(({ viewer }) => viewer).join(', ')}`,
  )
}

function handshakes(snapshot: Snapshot): string[] {
  const greeting = [...snapshot.reports.values()].flatMap(({ name, view }) =>
    view.nodes
      .filter(({ flags }) => flags.has('handshake'))
      .map((node) => ({ name, to: snapshot.nameOfAddress(node.host, node.port) ?? `${node.host}:${node.port}` })),
  )
  return [...groupBy(greeting, ({ to }) => to)].map(([to, all]) => {
    const names = [...new Set(all.map(({ name }) => name))]
    return `${list(names, 'is', 'are')} still shaking hands with ${to}`
  })
}

function list(names: readonly string[], one: string, many: string): string {
  return `${names.join(', ')} ${names.length === 1 ? one : many}`
}
