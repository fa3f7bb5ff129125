import type { RunEvent } from '../../runner/record/events.ts'

/** What would end or open elements, and steer whatever shows it. */
export const HOSTILE = `</script><!--<script>"'&\u2028\u202e</title><img src=x onerror=alert(1)>]]>\u0007`

/** Texts that come from scenarios, servers and the environment: anything may stand in them. */
const FOREIGN = new Set([
  'title',
  'name',
  'note',
  'proof',
  'message',
  'details',
  'hint',
  'reason',
  'lastSeen',
  'text',
  'tags',
  'command',
  'explanation',
  'value',
  'limit',
  'unreachable',
  'platform',
  'server',
  'phase',
  'id',
])

/** Names in these are the runner's own. */
const OURS = new Set(['nodes', 'view', 'check'])

/** Word for word, so that a text which repeats another still does; of a source, in its comments. */
function spoilt(text: string): string {
  if (text.includes('\n')) return text.replaceAll(/#.*/g, (comment) => comment + HOSTILE)
  return text.includes(' ') ? text.replaceAll(' ', ` ${HOSTILE} `) : text + HOSTILE
}

/** The same events, in which every text of theirs holds what would break a page. */
export function hostile(events: readonly RunEvent[]): RunEvent[] {
  const changed = (value: unknown, key = '', within = ''): unknown => {
    const isOurs = key === 'name' && OURS.has(within)
    if (typeof value === 'string') return FOREIGN.has(key) && !isOurs ? spoilt(value) : value
    if (Array.isArray(value)) return value.map((item) => changed(item, key, within))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, changed(item, name, key)]))
  }
  return events.map((event) => changed(event) as RunEvent)
}
