import { plural } from '../../base/text.ts'
import type { ResourceObservation } from '../../record/audit-observations.ts'
import type { AuditFinding } from '../../record/audit-outcome.ts'
import { momentText } from '../words.ts'
import { type AuditRule, blind } from './rule.ts'

/** A rise over fewer looks than these says nothing. */
const LEAST_LOOKS = 5

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

/**
 * Up to the last, every look shows more than the one before, though there are not more keys: what those take is no leak.
 */
function rising(
  node: string,
  looks: readonly ResourceObservation[],
  { name, least, value, text }: Measure,
): AuditFinding[] {
  const sinceLast = looks.findLastIndex((look, place) => {
    const before = looks[place - 1]
    return before === undefined || value(look) <= value(before)
  })
  const rise = looks.slice(Math.max(sinceLast, 0))
  const [first] = rise
  const last = rise.at(-1)
  if (first === undefined || last === undefined || rise.length < LEAST_LOOKS) return []
  if (value(last) - value(first) < least || last.keys > first.keys) return []
  return [
    {
      text: `${name} of ${node} grew at each of ${rise.length} looks since ${momentText(first.seenMs)}, from ${text(value(first))} to ${text(value(last))}`,
      nodes: [node],
      atMs: last.seenMs,
    },
  ]
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`
}
