import type { Contents } from './contents.ts'
import type { Sides } from './pair.ts'
import { type Armored, bytesOf, quoted } from './wire.ts'

/** What people read when two looks found a difference and the one for the words found none. */
export const NOTHING_LEFT = 'it was the same again when it was read for this message'

/** The first part that differs and how many more do, in words; undefined if none does. */
export function describeMismatch(sides: Sides<Contents>): string | undefined {
  const [master, replica] = sides
  const labels = new Set([...master.value.keys(), ...replica.value.keys()])
  const different = [...labels].filter((label) => master.value.get(label) !== replica.value.get(label))
  const [first] = different
  if (first === undefined) return undefined
  const others = different.length - 1
  const more = others === 0 ? '' : `; ${others === 1 ? '1 more part differs' : `${others} more parts differ`}`
  return `${describePart(first, sides)}${more}`
}

/**
 * The first part that differs of two ranges that begin at the same place, in words; undefined if none does. What comes
 * after it may be the same and only elsewhere. `comesBefore` orders labels.
 */
export function describeFirstMismatch(
  sides: Sides<Contents>,
  comesBefore: (one: string, other: string) => boolean,
): string | undefined {
  const [master, replica] = sides
  const [labels, others] = [[...master.value.keys()], [...replica.value.keys()]]
  const isSame = (label: string | undefined, index: number) =>
    label === others[index] && (label === undefined || master.value.get(label) === replica.value.get(label))
  const length = Math.max(labels.length, others.length)
  const at = Array.from({ length }, (_, index) => index).find((index) => !isSame(labels[index], index))
  if (at === undefined) return undefined
  const [label, other] = [labels[at], others[at]]
  const isOfMaster = other === undefined || (label !== undefined && comesBefore(label, other))
  const first = isOfMaster ? label : other
  return first === undefined ? undefined : `first ${describePart(first, sides)}`
}

function describePart(label: string, [master, replica]: Sides<Contents>): string {
  const [ofMaster, ofReplica] = [master.value.get(label), replica.value.get(label)]
  if (ofReplica === undefined) return `${label} is only on ${master.name}${ofMaster ? `: ${ofMaster}` : ''}`
  if (ofMaster === undefined) return `${label} is only on ${replica.name}${ofReplica ? `: ${ofReplica}` : ''}`
  return `${label}: ${ofMaster} on ${master.name}, ${ofReplica} on ${replica.name}`
}

const SHOWN_BYTES = 40

/** Two strings, or ranges of such from byte `first` on; undefined if they are the same. */
export function describeTextMismatch(sides: Sides<Armored>, first = 0): string | undefined {
  const [master, replica] = sides
  const [one, other] = [bytesOf(master.value), bytesOf(replica.value)]
  if (one.equals(other)) return undefined
  const isShort = Math.max(one.length, other.length) <= SHOWN_BYTES && first === 0
  const at = isShort ? 0 : one.findIndex((byte, index) => byte !== other[index])
  const from = at === -1 ? one.length : at
  const show = (bytes: Buffer) => quoted(`x${bytes.subarray(from, from + SHOWN_BYTES).toString('hex')}`)
  const where = isShort ? '' : `from byte ${first + from} on: `
  return `${where}${show(one)} on ${master.name}, ${show(other)} on ${replica.name}`
}
