import { fullResync as kind } from '../faults/full-resync.ts'
import { faultVerb } from './fault-verb.ts'
import { mastersOnly } from './preconditions.ts'
import { describeTargets, resolveTargets, targets } from './targets.ts'
import { StepFailure } from './verb.ts'

export const fullResync = faultVerb({
  name: 'full-resync',
  summary:
    'Has masters lose their replication history, so that each replica must take all data anew; waits until it has.',
  example: ['- full-resync: master of shard 1'],
  proof: 'Each replica has taken all data anew and is in sync.',
  arg: targets,
  kind,
  passes: true,
  needs: () => ({ debug: true }),
  sentence: (arg) => `let the replicas of ${describeTargets(arg)} synchronize anew`,
  async plan(arg, context) {
    const nodes = await resolveTargets(arg, context, [])
    const reports = await mastersOnly(nodes, 'replicas synchronize with a master', context)
    const alone = nodes.filter(
      (_, index) => !reports[index]?.report.replication.replicas.some(({ state }) => state === 'online'),
    )
    if (alone.length > 0) {
      throw new StepFailure({ message: `${alone.join(', ')} has no replica online that could synchronize anew` })
    }
    return { spec: { nodes }, nodes, sentence: `the replication history of ${nodes.join(', ')} lost` }
  },
})
