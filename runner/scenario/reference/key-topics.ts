import { listed } from '../../base/text.ts'
import type { Topic } from './topic.ts'

/** Where a key may stand, and what it means there: `beside`, `stop`. */
interface Use {
  key: string
  how: string
  place: string
  meaning: string
}

/** More places than these are not told of one meaning. */
const MOST_PLACES = 12

/** What help says of a key, wherever topics have it; undefined if none does. */
export function keyTopic(key: string, topics: readonly Topic[]): Topic | undefined {
  const uses = usesIn(topics).filter((use) => use.key === key)
  if (uses.length === 0) return undefined
  const meanings = [...new Set(uses.map(({ meaning }) => meaning))]
  const groups = meanings.map((meaning) => ({
    meaning,
    where: placesOf(uses.filter((use) => use.meaning === meaning)),
  }))
  const [only, another] = groups
  if (only && !another)
    return { name: key, kind: 'key', summary: only.meaning, parts: [text(`It stands ${only.where}.`)] }
  return {
    name: key,
    kind: 'key',
    summary: 'What it means depends on where it stands.',
    parts: groups.map(({ meaning, where }) => text(`${where}: ${meaning}`)),
  }
}

/** `beside `stop` and `kill``: each way of standing once, with its places. */
function placesOf(uses: readonly Use[]): string {
  const ways = [...new Set(uses.map(({ how }) => how))]
  const told = ways.map((way) => {
    const places = new Set(uses.filter(({ how }) => how === way).map(({ place }) => place))
    return `${way} ${listed([...places], MOST_PLACES)}`
  })
  return told.join('; ')
}

/** All keys that topics tell of. */
export function keysIn(topics: readonly Topic[]): string[] {
  return [...new Set(usesIn(topics).map(({ key }) => key))]
}

function text(words: string): Topic['parts'][number] {
  return { kind: 'text', text: words }
}

function usesIn(topics: readonly Topic[]): Use[] {
  // What modifiers mean, each verb says itself.
  const telling = topics.filter(({ name }) => name !== 'modifiers')
  return telling.flatMap(({ name, kind, parts }) =>
    parts.flatMap((part): Use[] => {
      if (part.kind === 'keys') {
        return part.rows.map((row) => {
          const meaning = row.about === '' ? row.accepts : `${row.accepts}; ${row.about}`
          const how = part.head.startsWith('beside') ? { how: 'beside' } : {}
          return { ...placed(row.key, name, kind), ...how, meaning }
        })
      }
      if (part.kind !== 'words' || part.head !== 'modifiers') return []
      return part.rows.map(([key, meaning]) => ({ key, how: 'beside', place: `\`${name}\``, meaning }))
    }),
  )
}

/** `wait.replicas` is `replicas`, below `wait`. */
function placed(written: string, name: string, kind: Topic['kind']): Omit<Use, 'meaning'> {
  const dot = written.lastIndexOf('.')
  const below = dot < 0 ? '' : `, below \`${written.slice(0, dot)}\``
  const [how, place] = placeOf(name, kind)
  return { key: written.slice(dot + 1), how, place: `${place}${below}` }
}

function placeOf(name: string, kind: Topic['kind']): [how: string, place: string] {
  if (kind === 'topic' && name === 'scenario') return ['at', 'the top of a scenario']
  if (kind === 'topic' && name === 'workloads') return ['in', 'a workload']
  if (kind === 'verb' || kind === 'topic') return ['in', `\`${name}\``]
  return [`in the ${kind}`, `\`${name}\``]
}
