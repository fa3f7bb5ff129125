import type { ConfirmedDifference } from './confirm.ts'
import { describeMismatch, describeTextMismatch, NOTHING_LEFT } from './content-differences.ts'
import { describeExpiry, readSmallValue, type SmallValue } from './contents.ts'
import type { Scope } from './data-node.ts'
import { LARGE } from './key-records.ts'
import type { KeyLook } from './look-at-keys.ts'
import { askBoth, mapSides, type Pair } from './pair.ts'
import type { Armored } from './wire.ts'

/** What is on either server, in words: read once more, so that it can be shown. Throws Incomplete. */
export async function detailOf(pair: Pair, scope: Scope, { key, look }: ConfirmedDifference): Promise<string> {
  const { master, replica } = look
  const present = master ?? replica
  if (!master || !replica) {
    if (present?.digest === LARGE) return `a large ${present.kind}`
    const values = await askBoth(pair, (node) => readSmallValue(node, scope, key))
    return describePresent(values[master ? 0 : 1].value)
  }
  const parts = [
    await describeValue(pair, scope, key, look),
    master.expiry === replica.expiry
      ? undefined
      : `${describeExpiry(master.expiry)} on ${pair.master.name}, ${describeExpiry(replica.expiry)} on ${pair.replica.name}`,
  ]
  return parts.filter((part) => part !== undefined).join('; ')
}

async function describeValue(pair: Pair, scope: Scope, key: Armored, look: KeyLook): Promise<string | undefined> {
  const { master, replica, explainLarge } = look
  if (master?.kind !== replica?.kind) {
    return `a ${master?.kind} on ${pair.master.name}, a ${replica?.kind} on ${pair.replica.name}`
  }
  if (master?.digest === replica?.digest && master?.fields === replica?.fields) return undefined
  if (explainLarge) return explainLarge()
  const values = await askBoth(pair, (node) => readSmallValue(node, scope, key))
  const difference =
    master?.kind === 'string'
      ? describeTextMismatch(mapSides(values, ({ text }) => text ?? 't'))
      : describeMismatch(mapSides(values, ({ contents }) => contents))
  return difference ?? describeMismatch(mapSides(values, ({ fieldExpiries }) => fieldExpiries)) ?? NOTHING_LEFT
}

function describePresent({ kind, contents }: SmallValue): string {
  const [first] = contents
  if (!first) return `a ${kind}`
  const [label, value] = first
  if (kind === 'string') return `a string: ${value}`
  const more = contents.size > 1 ? ` and ${contents.size - 1} more` : ''
  return `a ${kind}: ${label}${value === '' ? '' : `: ${value}`}${more}`
}
