import { KILLED } from '../platforms/last-words.ts'
import type { NodeState } from '../platforms/platform.ts'
import { StepInconclusive } from './verb.ts'

/** Throws StepInconclusive for a server that was to end by itself, and was killed when its grace was over. */
export function assertEndedByItself(verb: 'stop' | 'restart', node: string, { exitCode, oomKilled }: NodeState): void {
  if (exitCode !== KILLED || oomKilled) return
  throw new StepInconclusive({
    message: `${node} did not end by itself within its grace and was killed: that is another experiment than ${verb}`,
    hint:
      `Its log is nodes/${node}.log in the report folder. If it says "Writing initial AOF, can't exit", as right after a ` +
      `full resync, no grace is long enough: wait before, with \`expect: { info: { node: ${node}, ` +
      'aof_rewrite_in_progress: 0 } }` and `within: 30s`. If it was only slow, give it longer, as `grace: 60s`. ' +
      'Write kill if a crash is what you want to see.',
  })
}
