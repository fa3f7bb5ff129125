import { parseTarget } from '../../cluster/target-phrase.ts'
import { keyOf, type Moment } from './situation.ts'
import type { Found, Warning } from './warning.ts'

/** A role that the phrase itself asks for is always found, and another one never. */
export const saysItself: Warning = {
  name: 'says-itself',
  summary: 'An expectation of a role that the target names already, or contradicts',
  *find({ moments, last }) {
    for (const moment of [...moments, ...last]) {
      const role = moment.step.verb === 'expect' ? keyOf(moment.arg, 'role') : undefined
      const named = roleIn(keyOf(moment.arg, 'node'))
      if (role === undefined || named === undefined) continue
      if (role !== named) yield contradiction(moment, String(role), named)
      else if (!moment.before.last && !moment.disturbed && onlyRole(moment)) yield tautology(moment, named)
    }
  },
}

function roleIn(phrase: unknown): string | undefined {
  const parsed = typeof phrase === 'string' ? parseTarget(phrase) : { error: '' }
  if ('error' in parsed || parsed.target.kind !== 'related') return undefined
  return parsed.target.role === 'master' ? 'master' : 'replica'
}

function onlyRole({ arg }: Moment): boolean {
  return ['of', 'link', 'lag', 'replicas'].every((key) => keyOf(arg, key) === undefined)
}

function contradiction({ step, arg }: Moment, role: string, named: string): Found {
  const phrase = String(keyOf(arg, 'node'))
  const name = named === 'master' ? 'old' : 'heir'
  return {
    at: { step, path: ['expect', 'node'] },
    message: `\`${phrase}\` is looked up anew at each look, and finds a ${named}: it is never a ${role}`,
    hint: `Give the node a name before the fault: \`let: { ${name}: ${phrase} }\`, and expect \`{ node: $${name}, role: ${role} }\`.`,
  }
}

function tautology({ step, arg }: Moment, named: string): Found {
  const phrase = String(keyOf(arg, 'node'))
  return {
    at: { step, path: ['expect', 'node'] },
    message: `\`${phrase}\` is looked up by its role, so it is a ${named} whatever happened`,
    hint: 'Name the node, as `redis-node0` or a name from `let`, or expect something else of it.',
  }
}
