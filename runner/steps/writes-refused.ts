import { writesRefused as kind, WRITES_REFUSED_SETTINGS } from '../faults/writes-refused.ts'
import { faultVerb } from './fault-verb.ts'
import { assertSettingsFree, mastersOnly } from './preconditions.ts'
import { describeTargets, resolveTargets, targets } from './targets.ts'
import { StepFailure } from './verb.ts'

export const writesRefused = faultVerb({
  name: 'writes-refused',
  summary: 'Has masters refuse all writes with MISCONF, as if their data could not be saved; reads go on.',
  example: ['- writes-refused: master of shard 1', '  for: 5s'],
  proof: 'A write is answered with MISCONF.',
  arg: targets,
  kind,
  needs: () => ({ protectedSettings: true }),
  sentence: (arg) => `let ${describeTargets(arg)} refuse writes`,
  async plan(arg, context) {
    const nodes = await resolveTargets(arg, context, [])
    const reports = await mastersOnly(nodes, 'a replica refuses all writes anyway', context)
    const idle = nodes.filter((_, index) => {
      const { view } = reports[index]?.report ?? {}
      return view?.nodes.find(({ id }) => id === view.myId)?.slots.length === 0
    })
    if (idle.length > 0) throw new StepFailure({ message: `${idle.join(', ')} has no slots, and so takes no writes` })
    assertSettingsFree(nodes, WRITES_REFUSED_SETTINGS, context)
    return { spec: { nodes }, nodes, sentence: `${nodes.join(', ')} refusing writes` }
  },
})
