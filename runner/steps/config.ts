import { z } from 'zod'
import { config as kind } from '../faults/config.ts'
import { settingFormProblem } from '../platforms/settings.ts'
import { changeRefusal } from './command-policy.ts'
import { faultVerb } from './fault-verb.ts'
import { namesUsedIn } from './names.ts'
import { assertSettingsFree } from './preconditions.ts'
import { describeTargets, resolveTargets, targets } from './targets.ts'

const value = z.union([z.string(), z.number(), z.boolean()]).meta({
  allOf: [{ type: ['string', 'number'] }],
  description: 'As in redis.conf, which has yes and no in place of true and false',
})

const settings = z
  .record(z.string().meta({ pattern: '^[a-z0-9-]+$' }), value)
  .superRefine((set, refinement) => {
    for (const [name, wanted] of Object.entries(set)) {
      const message = problemOf(name, wanted)
      if (message !== undefined) refinement.addIssue({ code: 'custom', message, path: [name] })
    }
    if (Object.keys(set).length === 0) refinement.addIssue({ code: 'custom', message: 'it does not say what to set' })
  })
  .meta({ description: 'Settings as CONFIG SET takes them: maxmemory: 10mb', minProperties: 1 })

/** What of it can be read before all of it is right. */
const anySettings = z.object({ set: z.record(z.string(), z.unknown()) })

const arg = z.strictObject({ node: targets.describe('Nodes whose settings are changed'), set: settings })

export const config = faultVerb({
  name: 'config',
  summary: 'Changes settings of running servers with CONFIG SET, until heal or for a time; then they are as before.',
  example: ['- config: { node: all nodes, set: { cluster-node-timeout: 2000 } }'],
  proof: 'The server tells the new values.',
  arg,
  kind,
  sentence: ({ node, set }) => `set ${describe(set)} on ${describeTargets(node)}`,
  refusals: (written, { allowed }) =>
    Object.keys(anySettings.safeParse(written).data?.set ?? {}).flatMap((name) => {
      const message = changeRefusal(name, allowed)
      return message === undefined ? [] : [{ path: ['set', name], message }]
    }),
  async plan({ node, set }, context) {
    const nodes = await resolveTargets(node, context, ['node'])
    assertSettingsFree(nodes, Object.keys(set), context)
    const wanted = Object.fromEntries(Object.entries(set).map(([name, to]) => [name, String(to)]))
    return { spec: { nodes, set: wanted }, nodes, sentence: `${describe(set)} on ${nodes.join(', ')}` }
  },
})

function problemOf(name: string, wanted: z.infer<typeof value>): string | undefined {
  if (typeof wanted === 'boolean') return `Redis writes yes and no, not ${wanted}: ${name}: ${wanted ? 'yes' : 'no'}`
  // A name is filled in before the step runs, and the value is checked then.
  const known = typeof wanted === 'string' && namesUsedIn(wanted).length > 0 ? '' : String(wanted)
  return settingFormProblem(name, known)
}

function describe(set: z.infer<typeof settings>): string {
  return Object.entries(set)
    .map(([name, to]) => `${name} ${to === '' ? '""' : to}`)
    .join(', ')
}
