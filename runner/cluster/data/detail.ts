import type { ConfirmedDifference } from './confirm.ts'
import { differenceInWords, NOTHING_LEFT, textDifferenceInWords } from './content-differences.ts'
import { expiryInWords, readSmallValue, type SmallValue } from './contents.ts'
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
    return presentInWords(values[master ? 0 : 1].value)
  }
  const parts = [
    await valueInWords(pair, scope, key, look),
    master.expiry === replica.expiry
      ? undefined
      : `${expiryInWords(master.expiry)} on ${pair.master.name}, ${expiryInWords(replica.expiry)} on ${pair.replica.name}`,
  ]
  return parts.filter((part) => part !== undefined).join('; ')
}

async function valueInWords(pair: Pair, scope: Scope, key: Armored, look: KeyLook): Promise<string | undefined> {
  const { master, replica, explainLarge } = look
  if (master?.kind !== replica?.kind) {
    return `a ${master?.kind} on ${pair.master.name}, a ${replica?.kind} on ${pair.replica.name}`
  }
  if (master?.digest === replica?.digest && master?.fields === replica?.fields) return undefined
  if (explainLarge) return explainLarge()
  const values = await askBoth(pair, (node) => readSmallValue(node, scope, key))
  const inWords =
    master?.kind === 'string'
      ? textDifferenceInWords(mapSides(values, ({ text }) => text ?? 't'))
      : differenceInWords(mapSides(values, ({ contents }) => contents))
  return inWords ?? differenceInWords(mapSides(values, ({ fieldExpiries }) => fieldExpiries)) ?? NOTHING_LEFT
}

function presentInWords({ kind, contents }: SmallValue): string {
  const [first] = contents
  if (!first) return `a ${kind}`
  const [label, value] = first
  if (kind === 'string') return `a string: ${value}`
  const more = contents.size > 1 ? ` and ${contents.size - 1} more` : ''
  return `a ${kind}: ${label}${value === '' ? '' : `: ${value}`}${more}`
}
