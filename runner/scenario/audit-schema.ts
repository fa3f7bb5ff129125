import { z } from 'zod'
import { auditRules } from '../checks/audit/index.ts'
import { NODE_PATTERN, parseTarget } from '../cluster/targets.ts'
import { namesUsedIn } from '../steps/names.ts'

const pardon = z.enum(['allowed', 'expected']).describe('allowed: it may be found. expected: it must be found')

const yes = z.literal(true)

/** Judged when all is over, when roles and owners may be others: so no phrase about them. */
const node = z
  .string()
  .meta({ pattern: NODE_PATTERN, examples: ['redis-node0', 'redis-node1'] })
  .superRefine((text, refinement) => {
    if (namesUsedIn(text).length > 0) return
    const parsed = parseTarget(text)
    if ('target' in parsed && parsed.target.kind === 'node') return
    const message = `\`${text}\` is no name of a node: give redis-node0, or the $name that \`let\` gave to the node`
    refinement.addIssue({ code: 'custom', message })
  })

/** A pardon of findings of some nodes alone. */
export const pardonForNodes = z
  .strictObject({
    node: node.optional().describe('One node: redis-node0, a $name; its findings alone are meant'),
    nodes: z.array(node).min(1).optional().describe('Nodes, whose findings alone are meant'),
    allowed: yes.optional().describe('It may be found'),
    expected: yes.optional().describe('It must be found'),
  })
  .superRefine((written, refinement) => {
    const complain = (message: string) => refinement.addIssue({ code: 'custom', message })
    if (written.node !== undefined && written.nodes !== undefined) complain('`node` and `nodes` do not stand together')
    if ((written.allowed === true) === (written.expected === true)) {
      complain('say either `allowed: true` or `expected: true`')
    }
  })
  .meta({
    title: 'Pardon for nodes',
    description: 'What is meant, of some nodes alone',
    allOf: [
      { oneOf: [{ required: ['allowed'] }, { required: ['expected'] }] },
      { not: { required: ['node', 'nodes'] } },
    ],
  })

export const pardons = z.union([pardon, pardonForNodes, z.array(pardonForNodes).min(1)]).meta({
  title: 'Pardon',
  description:
    'Whether what the rule finds is meant: it may be found (allowed), or must be (expected); of some nodes alone, with `node`',
})

/** What may stand under `audit:`: by rule, that its findings are `allowed` or `expected`, on all nodes or on some. */
export const auditSchema = z
  .strictObject(
    Object.fromEntries(auditRules.map(({ name, sentence }) => [name, pardons.optional().describe(sentence)])),
  )
  .describe('What the audit may find, or must, because the scenario means it; by rule')
