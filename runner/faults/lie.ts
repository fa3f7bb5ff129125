import { plural } from '../base/text.ts'
import type { LinkCount } from '../platforms/faults.ts'
import { NotHealed, NotProven } from './fault.ts'
import { askAll, countsOf, describeProbe, linkFault } from './network-faults.ts'

const ANSWER_WITHIN_MS = 2000

/** What a master sends its replica, falsified on its way: for twins, which must find it. */
export const lie = linkFault('lie', {
  async prove(fault, stage) {
    const counts = await countsOf(fault.spec.links, stage)
    return `the links read what masters send, ${plural(sumOf(counts, 'packets'), 'lie')} told yet`
  },

  async sumUp(fault, stage) {
    const counts = await countsOf(fault.spec.links, stage)
    const told = sumOf(counts, 'packets')
    if (told > 0) return `${plural(told, 'lie')} told, of ${plural(sumOf(counts, 'seen'), 'command')}`
    throw new NotProven(
      `no lie was told; ${plural(sumOf(counts, 'seen'), 'command')} went that way`,
      'The fault did not bite: write something that it is about while it is there.',
    )
  },

  async proveHealed(_, stage, probes) {
    const silent = (await askAll(probes, ANSWER_WITHIN_MS, stage)).find(({ outcome }) => outcome !== 'open')
    if (silent) throw new NotHealed(`no answer after the lie: ${describeProbe(silent)}`)
    return 'what is sent arrives as it is'
  },
})

function sumOf(counts: readonly LinkCount[], what: 'packets' | 'seen'): number {
  return counts.reduce((sum, count) => sum + (count[what] ?? 0), 0)
}
