import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { DEFAULT_SERVER } from '../../runner/platforms/catalogue.ts'
import type { AuditRuleOutcome } from '../../runner/record/audit-outcome.ts'
import type { PlannedStep, RunEvent } from '../../runner/record/events.ts'
import type { ScenarioReport } from '../../runner/results/report-model.ts'
import { isOpen } from '../../runner/results/verdict.ts'
import { lastReport, reportsFolder, startCli } from './cli.ts'
import { clusterFlags, leaseCluster } from './lease.ts'
import { Outside } from './outside.ts'

const LOOK_EVERY_MS = 3

/** Whether an event is the moment that is waited for; `before` are those that came first. */
export type Moment = (event: RunEvent, before: readonly RunEvent[]) => boolean

/** What somebody who is no part of the run does to its servers, and when. */
export interface FromOutside {
  at: Moment
  /** The run stands still until it is done, so that it is done at this very moment. */
  held?: boolean
  act(servers: Outside): Promise<void> | void
}

export interface PlantedRunOptions {
  /** A scenario of the library by its name, or a file. */
  scenario: string
  server?: string
  flags?: readonly string[]
  outside?: FromOutside
}

export interface PlantedRun {
  code: number | null
  stdout: string
  scenario: ScenarioReport
  rules: AuditRuleOutcome[]
  /** Rules that found something that the scenario does not mean. */
  bad: AuditRuleOutcome[]
}

/** Plays a scenario through the command line, on processes, while somebody meddles with its servers. */
export async function playPlanted(
  t: Test,
  { scenario: name, server = DEFAULT_SERVER, flags = [], outside }: PlantedRunOptions,
): Promise<PlantedRun> {
  const reports = reportsFolder(t)
  const lease = await leaseCluster()
  const where = ['--platform', 'process', '--server', server, ...clusterFlags(lease), '--reports', reports]
  const cli = startCli(t, ['run', name, ...where, ...flags])
  const over = new AbortController()
  const ended = cli.ended.finally(() => over.abort())
  if (outside !== undefined) {
    const servers = new Outside(lease.portBase, over.signal)
    t.teardown(() => servers.close())
    const came = await untilEvent(path.join(reports, 'latest', 'events.jsonl'), outside.at, over.signal)
    if (!came) throw new Error(`the moment did not come: ${(await ended).stderr}`)
    const { held = false } = outside
    if (held) cli.child.kill('SIGSTOP')
    try {
      await outside.act(servers)
    } finally {
      if (held) cli.child.kill('SIGCONT')
    }
  }
  const { code, stdout, stderr } = await ended
  const [scenario] = lastReport(reports).scenarios
  if (scenario === undefined) throw new Error(`nothing was played: ${stdout}${stderr}`)
  const rules = scenario.audit?.rules ?? []
  return { code, stdout, scenario, rules, bad: rules.filter(({ findings }) => findings.some(isOpen)) }
}

/** Resolves with whether the moment came before the run was over. */
async function untilEvent(file: string, moment: Moment, over: AbortSignal): Promise<boolean> {
  const seen: RunEvent[] = []
  let offset = 0
  while (true) {
    const isOver = over.aborted
    const lines = linesFrom(file, offset)
    offset += lines.length
    for (const line of lines.toString().split('\n').slice(0, -1)) {
      const event = JSON.parse(line) as RunEvent
      if (moment(event, seen)) return true
      seen.push(event)
    }
    if (isOver) return false
    await sleep(LOOK_EVERY_MS)
  }
}

/** Whole lines of a file from a byte on. */
function linesFrom(file: string, offset: number): Buffer {
  if (!existsSync(file)) return Buffer.alloc(0)
  const descriptor = openSync(file, 'r')
  try {
    const bytes = Buffer.alloc(fstatSync(descriptor).size - offset)
    readSync(descriptor, bytes, 0, bytes.length, offset)
    return bytes.subarray(0, bytes.lastIndexOf('\n') + 1)
  } finally {
    closeSync(descriptor)
  }
}

/** The servers run, and are made a cluster. */
export const setUp: Moment = (event) => event.type === 'progress' && event.text.startsWith('assigning replicas')

/** A step begins, by its place: `3`, or `3.1` within another. */
export function step(place: string): Moment {
  return (event) => event.type === 'step-started' && event.step.path === place
}

/** The first step of one of the verbs begins. */
export function verb(...names: string[]): Moment {
  return (event) => event.type === 'step-started' && names.includes(event.step.verb)
}

/** The first of the faults that the steps have left is healed. */
export const healing: Moment = (event) => event.type === 'fault-ended'

export const lastStep: Moment = (event, before) =>
  event.type === 'step-started' && event.step.path === plannedSteps(before).at(-1)?.path

/** The step before the first `failover` begins. */
export const beforeFailover: Moment = (event, before) => {
  const steps = plannedSteps(before)
  const place = steps.findIndex(({ verb }) => verb === 'failover') - 1
  return event.type === 'step-started' && event.step.path === steps[place]?.path
}

function plannedSteps(events: readonly RunEvent[]): readonly PlannedStep[] {
  return events.find((event) => event.type === 'scenario-started')?.steps ?? []
}

/** The steps are over, and the cluster is being looked at once more. */
export const endLooks: Moment = (event) => event.type === 'end-state-seen'

/** Nobody looks at the servers any more; they are about to be removed. */
export const cleaning: Moment = (event) => event.type === 'watch-ended'
