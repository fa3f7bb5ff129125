import { z } from 'zod'
import { listed } from '../base/text.ts'
import { meet as meetOthers } from '../cluster/members/join.ts'
import { MEMBERS_WITHIN_MS, memberOptions, nodeAndOthers, refuseItself } from './members.ts'
import { target, targets } from './targets.ts'
import { defineVerb } from './verb.ts'

const arg = z.union([
  target,
  z
    .strictObject({
      node: target.describe('Who is to be a member again'),
      with: targets.optional().describe('Whom it meets. Default: all other members'),
    })
    .superRefine(refuseItself('with', 'meet')),
])

const { describe, resolve } = nodeAndOthers('with', 'meet')

export const meet = defineVerb({
  name: 'meet',
  summary: 'Introduces a node to the others with CLUSTER MEET: one that was forgotten, or came back as a stranger.',
  group: 'cluster',
  example: ['- meet: redis-node5'],
  proof: 'It and the others, as far as they answer, know each other.',
  arg,
  modifiers: ['within'],
  keepsWithin: true,
  defaultDeadlineMs: MEMBERS_WITHIN_MS + 5000,
  sentence: (value) => {
    const { node, others } = describe(value)
    return typeof value === 'string' ? `make ${node} and the others meet` : `make ${node} and ${others} meet`
  },
  async run(value, context) {
    const { name, others } = await resolve(value, context)
    const { knownBy, silent } = await meetOthers(name, others, memberOptions(context))
    const without = silent.length === 0 ? '' : `; without ${listed(silent)}, which gave no answer`
    return { administers: 'CLUSTER MEET', proof: `${name} and ${listed(knownBy)} know each other${without}` }
  },
})
