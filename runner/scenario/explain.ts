import { formatDuration } from '../base/duration.ts'
import { listed, plural, visible } from '../base/text.ts'
import { formatSlotRanges } from '../cluster/slots.ts'
import { nodeCount } from '../cluster/topology.ts'
import { describeShape } from '../record/cluster-shape.ts'
import { Names } from '../steps/names.ts'
import { namesInside, type Step, type Verb } from '../steps/verb.ts'
import { appSentence } from '../workload/apps/app-plan.ts'
import { type LoadOptions, workloadSentence } from '../workload/options.ts'
import type { WrittenPardon } from './audit-section.ts'
import { feltByClients } from './felt-by-clients.ts'
import type { Scenario } from './model.ts'
import { describeServerNeed } from './requires.ts'
import { twinLines } from './twins/explain-twins.ts'

/** A scenario in sentences: its title, its cluster, and its steps, numbered; for `explain`. */
export function explainScenario(scenario: Scenario, verbs: ReadonlyMap<string, Verb>): string {
  const names = new Names(scenario.params)
  const lines = [scenario.title, '']
  if (scenario.description !== undefined) {
    lines.push(
      ...scenario.description
        .trimEnd()
        .split('\n')
        .map((line) => `  ${line}`),
      '',
    )
  }
  lines.push(
    ...describeCluster(scenario),
    ...describeParams(scenario),
    ...describeApps(scenario),
    ...describeLoad(scenario),
    '',
    ...stepLines(scenario.steps, names, { verbs, felt: feltByClients(scenario) }, ''),
  )
  if (scenario.finally.length > 0) {
    lines.push(
      '',
      'At the end, whatever happened:',
      ...stepLines(scenario.finally, names, { verbs, felt: new Map() }, ''),
    )
  }
  lines.push(...describeChecks(scenario), ...describeAudit(scenario), ...twinLines(scenario, verbs))
  // A line break in a name or a value must not draw a line that looks like one of these.
  return `${lines.map((line) => visible(line)).join('\n')}\n`
}

function describeApps({ apps }: Scenario): string[] {
  if (apps.length === 0) return []
  return ['Started beside the cluster:', ...apps.map(({ plan }) => `  ${appSentence(plan)}`)]
}

function describeLoad({ workloads }: Scenario): string[] {
  if (workloads.length === 0) return []
  const lines = workloads.map(({ name, options }) => `  ${name}: ${workloadSentence(options)}${clientOptions(options)}`)
  return ['Load in the background, from the first step to the last:', ...lines]
}

/** `; options of node-redis: pingInterval 1000`; empty without any. */
function clientOptions({ client, driver, ioredis }: LoadOptions): string {
  const { client: name, options } = driver ?? { client, options: ioredis }
  const all = Object.entries(options).map(
    ([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  return all.length === 0 ? '' : `; options of ${name}: ${all.join(', ')}`
}

function describeChecks({ checks }: Scenario): string[] {
  if (checks.length === 0) return []
  const lines = checks.flatMap(({ on, limits }) =>
    Object.entries(limits).map(([name, limit]) => `  ${on}: ${name} ${describeLimit(limit)}`),
  )
  return ['', 'Checked at the end:', ...lines]
}

/** A sentence for each finding that the scenario means; nothing where it means none. */
function describeAudit({ audit }: Scenario): string[] {
  const pardons = Object.entries(audit).flatMap(([rule, written]) => written.map((one) => pardonSentence(rule, one)))
  if (pardons.length === 0) return []
  return ['', 'The audit at the end:', ...pardons, '  Whatever else it finds fails the scenario.']
}

function pardonSentence(rule: string, { nodes, pardon }: WrittenPardon): string {
  const all = nodes && listed(nodes, nodes.length)
  if (pardon === 'allowed') return `  Findings of ${rule}${all === undefined ? '' : ` on ${all}`} are allowed.`
  const where = nodes === undefined ? '' : ` on ${nodes.length > 1 ? 'each of ' : ''}${all}`
  return `  A finding of ${rule}${where} is expected: without it the scenario fails.`
}

function describeLimit(limit: unknown): string {
  if (Array.isArray(limit)) return limit.map(describeLimit).join('; ')
  if (typeof limit !== 'object' || limit === null) return String(limit)
  return Object.entries(limit)
    .map(([key, value]) => `${key.replaceAll('_', ' ')} ${String(value)}`)
    .join(', ')
}

function describeCluster({ cluster: { topology, config }, requires, tags, seed }: Scenario): string[] {
  const { slots } = topology
  const lines = [
    `Cluster: ${plural(nodeCount(topology), 'node')}, in ${describeShape(topology)}.`,
    ...slots.map(
      (ranges, i) =>
        `  shard ${i + 1}: ${ranges.length === 0 ? 'no slots, and so no vote' : `slots ${formatSlotRanges(ranges)}`}`,
    ),
  ]
  const settings = Object.entries(config).map(([name, value]) => `${name} ${value}`)
  if (settings.length > 0) lines.push(`Settings: ${settings.join(', ')}.`)
  const needs = [
    requires?.platform,
    requires?.server?.map(describeServerNeed).join(' or '),
    ...(requires?.can ? [`a platform that can bring about ${listed(requires.can, requires.can.length)}`] : []),
  ]
  if (requires) lines.push(`Needs: ${needs.filter((need) => need !== undefined).join(', ')}; skipped elsewhere.`)
  if (seed !== undefined) lines.push(`Seed of random choices: ${seed}.`)
  if (tags.length > 0) lines.push(`Tags: ${tags.join(', ')}.`)
  return lines
}

function describeParams({ params }: Scenario): string[] {
  const all = Object.entries(params).map(([name, value]) => `${name} = ${value}`)
  return all.length === 0 ? [] : [`Params: ${all.join(', ')}.`]
}

interface Known {
  verbs: ReadonlyMap<string, Verb>
  /** What clients feel of a step, by its path. */
  felt: ReadonlyMap<string, string>
}

function stepLines(steps: readonly Step[], names: Names, known: Known, indent: string): string[] {
  return steps.flatMap((step) => {
    const felt = known.felt.get(step.path)
    return [
      `${indent}${step.path}. ${describeStep(step, names, known.verbs)}`,
      ...(felt === undefined ? [] : [`${indent}   ${felt}`]),
      ...stepLines(step.children, namesInside(step, names), known, `${indent}   `),
    ]
  })
}

function describeStep(step: Step, names: Names, verbs: ReadonlyMap<string, Verb>): string {
  const sentence = stepSentence(step, verbs, names)
  const words = [step.name === undefined ? sentence : `${step.name}: ${sentence}`]
  if (step.withinMs !== undefined) words.push(`within ${short(step.withinMs)}`)
  if (step.forMs !== undefined && step.verb === 'expect') words.push(`for ${short(step.forMs)} without a break`)
  if (step.phase !== undefined) words.push(`(phase ${step.phase})`)
  return words.join(' ')
}

/** What a step does in one sentence, with the names that are known filled in; without `names`, as it is written. */
export function stepSentence(step: Step, verbs: ReadonlyMap<string, Verb>, names?: Names): string {
  return verbs.get(step.verb)?.preview(step, names).sentence ?? step.verb
}

/** Limits are written as round numbers, and read best so: `15 s`. */
function short(durationMs: number): string {
  return formatDuration(durationMs).replace(/\.00 s$/, ' s')
}
