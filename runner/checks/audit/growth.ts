import { plural } from '../../base/text.ts'
import type { ResourceObservation } from '../../record/audit-observations.ts'
import type { AuditFinding } from '../../record/audit-outcome.ts'
import { momentText } from '../words.ts'
import { type AuditRule, blind } from './rule.ts'

/** A rise over fewer looks than these says nothing. */
const LEAST_LOOKS = 5
/** A leak may pause: so many of the looks of a rise, at most, need not show more than the one before. */
const MOST_PAUSES = 0.2

interface Measure {
  name: string
  /** A smaller rise is none. */
  least: number
  value(seen: ResourceObservation): number
  text(amount: number): string
}

const MEASURES: readonly Measure[] = [
  { name: 'connections', least: 50, value: ({ clients }) => clients, text: String },
  { name: 'memory', least: 64 * 1024 * 1024, value: ({ usedMemory }) => usedMemory, text: megabytes },
  {
    name: 'replication buffers',
    // The backlog is filled once, 1 MB unless set (config.c, Redis 7.0 and Valkey 8.1), and then stays.
    least: 16 * 1024 * 1024,
    value: ({ replicationBuffers }) => replicationBuffers,
    text: megabytes,
  },
]

export const growth: AuditRule = {
  name: 'growth',
  sentence: 'After healing, connections, memory and replication buffers of the servers did not grow without end.',
  reason: 'What grows after a fault is over was leaked by it.',
  judge({ resources, run, nodes }) {
    const healedMs = Math.max(0, ...run.faults.map(({ endMs }) => endMs))
    const after = resources.filter(({ seenMs }) => seenMs >= healedMs)
    if (after.length === 0) return blind('no server was asked what it holds once all faults were healed')
    const findings = nodes.flatMap(({ name }) => {
      const looks = after.filter(({ node }) => node === name).sort((a, b) => a.seenMs - b.seenMs)
      return MEASURES.flatMap((measure) => rising(name, looks, measure))
    })
    return { lookedAt: `${plural(after.length, 'look')} since ${momentText(healedMs)}`, findings }
  },
}

/** A rise up to the last look, though there are not more keys: what those take is no leak. */
function rising(
  node: string,
  looks: readonly ResourceObservation[],
  { name, least, value, text }: Measure,
): AuditFinding[] {
  const values = looks.map(value)
  const rise = looks.slice(looks.findIndex((_, from) => isRise(values.slice(from))))
  const [first] = rise
  const last = rise.at(-1)
  if (first === undefined || last === undefined || rise.length < LEAST_LOOKS) return []
  if (value(last) - value(first) < least || last.keys > first.keys) return []
  const pauses = pausesIn(rise.map(value))
  const grew = pauses === 0 ? `at each of ${rise.length} looks` : `over ${rise.length} looks`
  return [
    {
      text: `${name} of ${node} grew ${grew} since ${momentText(first.seenMs)}, from ${text(value(first))} to ${text(value(last))}`,
      nodes: [node],
      atMs: last.seenMs,
    },
  ]
}

/** It begins with a rise, ends higher than it ever was, and hardly pauses. */
function isRise(values: readonly number[]): boolean {
  const [first = 0, second = 0] = values
  const last = values.at(-1) ?? 0
  const isHighest = values.slice(0, -1).every((value) => value < last)
  return second > first && isHighest && pausesIn(values) <= MOST_PAUSES * (values.length - 1)
}

function pausesIn(values: readonly number[]): number {
  return values.filter((value, place) => value <= (values[place - 1] ?? Number.NEGATIVE_INFINITY)).length
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`
}
