import type { StepReport } from '../results/report-model.ts'

/** A line of a table of steps: a step, or many that need no line each. */
export type StepRow =
  | { kind: 'step'; step: StepReport }
  /** Iterations of one repeat that all passed. */
  | { kind: 'iterations'; repeat: string; first: number; last: number; steps: StepReport[] }
  /** Steps next to each other that were not run. */
  | { kind: 'not-run'; steps: StepReport[] }

/** Up to so many passed iterations, or steps not run, are shown one by one. */
const SHOWN_ONE_BY_ONE = 3

interface Iteration {
  repeat: string
  number: number
  steps: StepReport[]
}

/**
 * Rows for steps in their order. Long stretches of passed iterations, and of steps that were not run, become one row.
 */
export function stepRows(steps: readonly StepReport[]): StepRow[] {
  return foldNotRun(foldIterations(steps, ''))
}

function foldIterations(steps: readonly StepReport[], prefix: string): StepRow[] {
  const rows: StepRow[] = []
  let passed: Iteration[] = []
  const flush = () => {
    rows.push(...rowsOfPassed(passed))
    passed = []
  }
  for (const item of groupIterations(steps, prefix)) {
    if ('number' in item && item.steps.every((step) => step.verdict === 'passed')) {
      if (passed[0] !== undefined && passed[0].repeat !== item.repeat) flush()
      passed.push(item)
      continue
    }
    flush()
    if ('number' in item) rows.push(...foldIterations(item.steps, `${item.repeat}#${item.number}.`))
    else rows.push({ kind: 'step', step: item })
  }
  flush()
  return rows
}

/** Steps that lie in an iteration below `prefix` are gathered by iteration; others stay as they are. */
function groupIterations(steps: readonly StepReport[], prefix: string): (StepReport | Iteration)[] {
  const items: (StepReport | Iteration)[] = []
  for (const step of steps) {
    const match = /^(.*?)#(\d+)\./.exec(step.path.slice(prefix.length))
    if (match === null) {
      items.push(step)
      continue
    }
    const repeat = `${prefix}${match[1]}`
    const number = Number(match[2])
    const latest = items.at(-1)
    if (latest !== undefined && 'number' in latest && latest.repeat === repeat && latest.number === number) {
      latest.steps.push(step)
    } else {
      items.push({ repeat, number, steps: [step] })
    }
  }
  return items
}

function rowsOfPassed(iterations: readonly Iteration[]): StepRow[] {
  const first = iterations[0]
  const last = iterations.at(-1)
  const steps = iterations.flatMap((iteration) => iteration.steps)
  if (first === undefined || last === undefined || iterations.length <= SHOWN_ONE_BY_ONE) {
    return iterations.flatMap(({ repeat, number, steps }) => foldIterations(steps, `${repeat}#${number}.`))
  }
  return [{ kind: 'iterations', repeat: first.repeat, first: first.number, last: last.number, steps }]
}

function foldNotRun(rows: readonly StepRow[]): StepRow[] {
  const folded: StepRow[] = []
  let notRun: StepReport[] = []
  const flush = () => {
    if (notRun.length > SHOWN_ONE_BY_ONE) folded.push({ kind: 'not-run', steps: notRun })
    else folded.push(...notRun.map((step): StepRow => ({ kind: 'step', step })))
    notRun = []
  }
  for (const row of rows) {
    if (row.kind === 'step' && row.step.verdict === 'not-run') {
      notRun.push(row.step)
      continue
    }
    flush()
    folded.push(row)
  }
  flush()
  return folded
}
