import { fillInKnown, type Names } from '../steps/names.ts'
import { namesInside, type Step } from '../steps/verb.ts'

/** What the expectations among some steps go back to. */
export interface Wanted {
  /** Phases and names of steps from which on logs or INFO are wanted. */
  since: ReadonlySet<string>
  /** Those of them from which on INFO is. */
  infoSince: ReadonlySet<string>
  /** Whether any asks for lines of logs. */
  logs: boolean
}

/** What the steps of a scenario will ask for of earlier moments, as far as names are known; `names`: its params. */
export function wantedBy(steps: readonly Step[], names: Names): Wanted {
  const since = new Set<string>()
  const infoSince = new Set<string>()
  let logs = false
  const walk = (step: Step, known: Names): void => {
    const arg = step.verb === 'expect' ? fillInKnown(step.arg, known) : undefined
    for (const subject of ['info', 'log'] as const) {
      const asked = valueAt(arg, subject)
      const from = valueAt(asked, 'since')
      if (asked === undefined) continue
      if (subject === 'log') logs = true
      if (typeof from !== 'string') continue
      since.add(from)
      if (subject === 'info') infoSince.add(from)
    }
    const inside = namesInside(step, known)
    for (const child of step.children) walk(child, inside)
  }
  for (const step of steps) walk(step, names)
  return { since, infoSince, logs }
}

function valueAt(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return Object.entries(value).find(([name]) => name === key)?.[1]
}
