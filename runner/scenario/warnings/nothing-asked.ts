import { isDisturbance } from './situation.ts'
import type { Warning } from './warning.ts'

/** Without a question there is no wrong answer. */
export const nothingAsked: Warning = {
  name: 'nothing-asked',
  summary: 'A scenario that breaks something and asks nothing: no `expect` or `verify` after it, and no `checks`',
  *find({ moments, last, scenario }) {
    const first = moments.findIndex(({ step, arg }) => isDisturbance(step.verb, arg))
    const fault = moments[first]
    if (!fault || scenario.checks.length > 0 || Object.keys(scenario.audit).length > 0) return
    const rest = [...moments.slice(first), ...last]
    if (rest.some(({ step }) => ['expect', 'verify', 'redis', 'write', 'failover'].includes(step.verb))) return
    yield {
      at: { step: fault.step, path: [fault.step.verb] },
      message:
        'nothing is asked after this: the scenario passes whatever the cluster does, short of what the audit finds',
      hint: 'Say what must come true, as `expect: { cluster: healthy }` with `within: 20s`, or set limits under `checks:`.',
    }
  },
}
