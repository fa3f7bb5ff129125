import { lastLines } from '../../../base/text.ts'
import { PlatformError } from '../../errors.ts'

/**
 * The programs that the toolbox knows: see docker/toolbox/toolbox.pl. `@device@` in an input is the interface of the
 * node.
 */
type ToolboxProgram =
  /** Rules of nftables, all in one transaction. */
  | 'rules'
  /** The counters of our table. Fails where there is no such table. */
  | 'counters'
  /** Takes away all queues of ours, whatever there is. */
  | 'unshape'
  /** Commands of `ip`, a line each: the device that packets of clients are led through. */
  | 'intake'
  /** Commands of `tc`, a line each. */
  | 'shape'
  /**
   * Ends connections at once, a line of `ADDRESS PORT OWN` each: to that port of the address, and from it to that port
   * of one's own.
   */
  | 'reset'
  /** Probes, a line each: see docker/toolbox/probe.pl. */
  | 'probe'

export interface ToolboxStep {
  program: ToolboxProgram
  input?: string
  /** The steps after it are run although it failed. */
  mayFail?: true
}

/** Programs to run in one network namespace, one after the other until one fails. */
export interface ToolboxTask {
  /** Names the task: no spaces. */
  key: string
  /** The namespace of this process of the engine's machine, which must have this address; `own`: the toolbox's. */
  namespace: { pid: number; address: string } | 'own'
  steps: readonly ToolboxStep[]
}

/** How a step ended. */
export interface StepResult {
  task: string
  /** The program, or `enter` where the task's namespace could not be entered. */
  step: ToolboxProgram | 'enter'
  exit: number
  output: string
  errors: string
}

/** Runs tasks in their namespaces, all at once, within `timeoutMs` plus a margin. `purpose` completes `could not …`. */
export type RunTasks = (
  tasks: Promise<readonly ToolboxTask[]>,
  purpose: string,
  timeoutMs?: number,
) => Promise<Map<string, StepResult[]>>

/** The last line of a toolbox that has done all it can. */
export const DONE = 'done'

/** What docker/toolbox/toolbox.pl reads. */
export function jobText(tasks: readonly ToolboxTask[]): string {
  const lines = tasks.flatMap(({ key, namespace, steps }) => {
    const where = namespace === 'own' ? 'self -' : `${namespace.pid} ${namespace.address}`
    return [`task ${key} ${where}\n`, ...steps.map(stepText)]
  })
  return `${lines.join('')}end\n`
}

function stepText({ program, input = '', mayFail }: ToolboxStep): string {
  return `step ${program}${mayFail ? '?' : ''} ${Buffer.byteLength(input)}\n${input}`
}

/**
 * The results of a job, by task. Throws PlatformError, with what the toolbox complained of, if one is missing: every
 * task must have come to its end, or to a step that failed.
 */
export function readResults(
  tasks: readonly ToolboxTask[],
  output: string,
  complaints: string,
): Map<string, StepResult[]> {
  const lines = output.split('\n').filter((line) => line !== '' && line !== DONE)
  const results = lines.flatMap(parseResult)
  const byTask = new Map(tasks.map(({ key }) => [key, results.filter(({ task }) => task === key)]))
  for (const { key, steps } of tasks) {
    const done = byTask.get(key) ?? []
    const last = done.at(-1)
    const failed = last !== undefined && last.exit !== 0 && !steps[done.length - 1]?.mayFail
    if (done.length === steps.length || failed) continue
    const said = lastLines(complaints, 3)
    throw new PlatformError(`the toolbox for network faults ended before it was done${said && `: ${said}`}`)
  }
  return byTask
}

function parseResult(line: string): StepResult[] {
  try {
    return [JSON.parse(line) as StepResult]
  } catch {
    // Cut off in the middle: the toolbox was killed, and the result is missing.
    return []
  }
}

/** The first step of these that failed and must not. */
export function failureOf(task: ToolboxTask, results: readonly StepResult[]): StepResult | undefined {
  return results.find(({ exit, step }, index) => exit !== 0 && (step === 'enter' || !task.steps[index]?.mayFail))
}

/** What a tool complained about, on one line, without what it repeats of its input. */
export function summarizeErrors(errors: string): string {
  const lines = errors.split('\n').map((line) => line.trim())
  const complaints = lines.filter((line) => line !== '' && !/^(?:Command failed|\^|[|+]|We have an error)/.test(line))
  return [...new Set(complaints.map((line) => line.replace(/^(?:Error|RTNETLINK answers): |\.$/g, '')))]
    .slice(0, 3)
    .join('; ')
}
