import { LOOK_TIMEOUT_MS, type Subject } from './subject.ts'

export const slotSubject: Subject<{ slot: number; owner: string }> = {
  sentence: ({ slot, owner }) => `slot ${slot} to be owned by ${owner}`,
  async look({ slot, owner }, context) {
    const expected = await context.resolveOne(owner, ['owner'])
    const seen = (await context.cluster.look({ timeoutMs: LOOK_TIMEOUT_MS })).agreed.ownerOf(slot)
    return {
      ok: seen === expected,
      seen: seen === undefined ? `slot ${slot} has no owner` : `${seen} owns slot ${slot}`,
    }
  },
}
