import { parseSlotRange } from './slots.ts'
import type { ClusterView, NodeView, SlotRange } from './view.ts'

/** CLUSTER NODES could not be understood: the line in question is in the message. */
class ViewSyntaxError extends Error {
  override name = 'ViewSyntaxError'
}

/**
 * `ping-sent` and `pong-recv` of a line of CLUSTER NODES, and the blanks around them; what follows is the epoch and the
 * state of the link. Thousands of replies a second are looked through: a lookbehind would take 40 times as long.
 */
const PING_TIMES = / \d+ \d+ (?=\d+ (?:dis)?connected)/g

/** Parses replies that come again and again: most differ from the one before in their ping times alone. */
export class ViewReader {
  readonly #last = new Map<string, { reply: string; view: ClusterView }>()

  /** The very view of the reply before, where it says the same. As `parseClusterNodes`; throws as that. */
  read(text: string, seenBy: string): ClusterView {
    const reply = text.replace(PING_TIMES, ' ')
    const last = this.#last.get(seenBy)
    if (last?.reply === reply) return last.view
    const view = parseClusterNodes(text, seenBy)
    this.#last.set(seenBy, { reply, view })
    return view
  }
}

/**
 * Parses the reply of CLUSTER NODES, in the forms of Redis 6 (`ip:port@cport`), Redis 7.0 (`,hostname`) and Redis 7.2
 * and Valkey (`,hostname,shard-id=…,nodename=…`). `seenBy` is the name of the node that was asked. Throws
 * ViewSyntaxError.
 */
export function parseClusterNodes(text: string, seenBy: string): ClusterView {
  const nodes = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => parseNodeLine(line, seenBy))
  const me = nodes.find((node) => node.flags.has('myself'))
  if (!me) throw new ViewSyntaxError(`CLUSTER NODES of ${seenBy} has no line flagged "myself"`)
  return { seenBy, myId: me.id, nodes }
}

function parseNodeLine(line: string, seenBy: string): NodeView {
  const [id, address, flagList, masterId, , , epoch, link, ...slotWords] = line.split(/\s+/)
  if (id === undefined || address === undefined || flagList === undefined || link === undefined) {
    throw new ViewSyntaxError(`CLUSTER NODES of ${seenBy} has a line with too few fields: "${line}"`)
  }
  const flags = new Set(flagList.split(','))
  const slots: SlotRange[] = []
  const openSlots: string[] = []
  for (const word of slotWords) {
    if (word.startsWith('[')) openSlots.push(word)
    else slots.push(slotsOf(word, line, seenBy))
  }
  return {
    id,
    ...parseAddress(address, line, seenBy),
    flags,
    role: flags.has('slave') || flags.has('replica') ? 'replica' : 'master',
    ...(masterId !== undefined && masterId !== '-' ? { masterId } : {}),
    configEpoch: Number(epoch),
    link: link === 'connected' ? 'connected' : 'disconnected',
    slots,
    openSlots,
  }
}

function slotsOf(word: string, line: string, seenBy: string): SlotRange {
  const range = parseSlotRange(word)
  if (!range) throw new ViewSyntaxError(`CLUSTER NODES of ${seenBy} has slots "${word}" in the line "${line}"`)
  return range
}

/** `ip:port@cport[,hostname[,name=value]…]`; the ip may be empty or IPv6. */
function parseAddress(
  text: string,
  line: string,
  seenBy: string,
): Pick<NodeView, 'host' | 'port' | 'busPort' | 'hostname'> {
  const [endpoint = '', hostname = ''] = text.split(',')
  const match = /^(.*):(\d+)(?:@(\d+))?$/.exec(endpoint)
  if (!match) throw new ViewSyntaxError(`CLUSTER NODES of ${seenBy} has the address "${text}" in the line "${line}"`)
  const port = Number(match[2])
  return {
    host: match[1] ?? '',
    port,
    // The bus port is the client port plus 10000 unless told otherwise (cluster.h, CLUSTER_PORT_INCR, Redis 7.0).
    busPort: match[3] === undefined ? port + 10_000 : Number(match[3]),
    ...(hostname !== '' && !hostname.includes('=') ? { hostname } : {}),
  }
}
