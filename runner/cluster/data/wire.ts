import { isUtf8 } from 'node:buffer'
import calculateSlot from 'cluster-key-slot'
import { visible } from '../../base/text.ts'

/**
 * Bytes as the scripts write them, in ASCII alone: `t` and the text, or `x` and hex digits. A name has one form only,
 * so that names can be compared as they are.
 */
export type Armored = string

/** The bytes that a script wrote. */
export function bytesOf(armored: Armored): Buffer {
  const rest = armored.slice(1)
  return armored.startsWith('x') ? Buffer.from(rest, 'hex') : Buffer.from(rest, 'latin1')
}

/** For people: text as it is, control characters and bytes that are no text as escapes (`\x00`). */
export function shown(armored: Armored): string {
  const bytes = bytesOf(armored)
  if (isUtf8(bytes)) return visible(bytes.toString('utf8'))
  return [...bytes].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : escaped(byte))).join('')
}

/** In quotes, and no longer than `atMost` characters. */
export function quoted(armored: Armored, atMost = 60): string {
  const text = shown(armored)
  if (text.length <= atMost) return `"${text}"`
  return `"${text.slice(0, atMost)}…" (${bytesOf(armored).length} bytes)`
}

export function slotOf(armored: Armored): number {
  return calculateSlot(bytesOf(armored))
}

function escaped(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`
}
