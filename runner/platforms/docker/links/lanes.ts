import { type Channel, CLIENTS, type Impairment, type LinkFault } from '../../faults.ts'

/** What packets wait in: htb with this handle, and a class of it for each lane. See docker/toolbox/toolbox.pl. */
export const HANDLE = '5243:'

type Effect = Pick<Impairment, 'delayMs' | 'jitterMs' | 'corruptRatio' | 'reorderRatio' | 'bytesPerSecond'>

/** The packets of a link that wait together. */
export interface Lane {
  from: string
  to: string
  /** `all`: but those of a channel that has a lane of its own. */
  channel: Channel
  /** `5243:2`. */
  classId: string
  /** The class that all lanes of the link are in, when they share its bandwidth. */
  shared?: { classId: string; bytesPerSecond: number }
  /** What all faults together do to these packets, but for what rules do to them. */
  effect: Effect
  /** Faults of exactly this channel, by their places in the list of all. */
  counts: number[]
}

interface Placed {
  link: LinkFault
  index: number
}

/** Whether packets of the link have to wait. */
function isShaped(link: LinkFault): boolean {
  if (link.cut) return false
  return [link.delayMs, link.jitterMs, link.corruptRatio, link.reorderRatio, link.bytesPerSecond].some(Boolean)
}

/** The lanes that these faults need. Several faults of a packet add up; the narrowest bandwidth is what it has. */
export function lanesOf(links: readonly LinkFault[]): Lane[] {
  const shaped = links.map((link, index) => ({ link, index })).filter(({ link }) => isShaped(link))
  const pairs = new Map<string, Placed[]>()
  for (const placed of shaped) {
    const pair = `${placed.link.from} ${placed.link.to}`
    pairs.set(pair, [...(pairs.get(pair) ?? []), placed])
  }
  const lastOn = new Map<string, number>()
  return [...pairs.values()].flatMap((faults) => {
    const { from, to } = pairOf(faults)
    // Numbers count for one device: that which the sender sends through, or which the receiver has for clients.
    const device = from === CLIENTS ? `${CLIENTS} ${to}` : from
    return lanesOfPair(faults, () => {
      const number = (lastOn.get(device) ?? 0) + 1
      lastOn.set(device, number)
      return `${HANDLE}${number.toString(16)}`
    })
  })
}

function lanesOfPair(faults: readonly Placed[], nextClass: () => string): Lane[] {
  const on = (channel: Channel) => faults.filter(({ link }) => link.channel === channel)
  const wide = on('all')
  const channels = (['all', 'bus', 'data'] as const).filter((channel) => on(channel).length > 0)
  const width = slowest(wide)
  const shared =
    width === undefined || channels.length === 1 ? undefined : { classId: nextClass(), bytesPerSecond: width }
  return channels.map((channel) => {
    const own = on(channel)
    const all = channel === 'all' ? own : [...wide, ...own]
    const narrowest = slowest(shared ? own.filter(({ link }) => link.channel !== 'all') : all)
    return {
      ...pairOf(own),
      channel,
      classId: nextClass(),
      ...(shared && { shared }),
      effect: { ...together(all), ...(narrowest !== undefined && { bytesPerSecond: narrowest }) },
      counts: own.map(({ index }) => index),
    }
  })
}

function pairOf(faults: readonly Placed[]): { from: string; to: string } {
  const [first] = faults
  return { from: first?.link.from ?? '', to: first?.link.to ?? '' }
}

function slowest(faults: readonly Placed[]): number | undefined {
  const widths = faults.flatMap(({ link }) => (link.bytesPerSecond === undefined ? [] : [link.bytesPerSecond]))
  return widths.length === 0 ? undefined : Math.min(...widths)
}

function together(faults: readonly Placed[]): Effect {
  const values = (name: 'delayMs' | 'jitterMs' | 'corruptRatio' | 'reorderRatio') =>
    faults.map(({ link }) => link[name] ?? 0)
  const sum = (numbers: readonly number[]) => numbers.reduce((total, value) => total + value, 0)
  const either = (ratios: readonly number[]) => 1 - ratios.reduce((neither, ratio) => neither * (1 - ratio), 1)
  const effect = {
    delayMs: sum(values('delayMs')),
    jitterMs: sum(values('jitterMs')),
    corruptRatio: either(values('corruptRatio')),
    reorderRatio: either(values('reorderRatio')),
  }
  return Object.fromEntries(Object.entries(effect).filter(([, value]) => value > 0))
}
