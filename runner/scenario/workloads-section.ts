import { didYouMean } from '../base/nearest.ts'
import { FAILOVER } from '../checks/index.ts'
import type { Topology } from '../cluster/topology.ts'
import { beyondClient } from '../workload/client-needs.ts'
import { type DriverPlan, planDriver, type Surroundings } from '../workload/drivers/plan.ts'
import { WORKLOAD_NAME, workloadKindByName, workloadKinds } from '../workload/index.ts'
import type { WorkloadKind } from '../workload/kind.ts'
import { commonOptions } from '../workload/option-schemas.ts'
import { resolveOptions, writtenDriver } from '../workload/options.ts'
import type { PlanProblem } from '../workload/plan-problem.ts'
import { planProblems } from '../workload/plan-problems.ts'
import { describeValue } from './build-tree.ts'
import { type CheckContext, checkValue } from './check-value.ts'
import { ADDED_WORKLOAD, type ClientChoice, throughClient } from './client-choice.ts'
import type { ScenarioWorkload } from './model.ts'
import { reportPrototypes } from './prototype-keys.ts'
import { type Entry, entryOf, find, isEmptyMap, type MapTree, toPlain } from './tree.ts'

/** The client that whoever starts the run asks for, and what programs it may start. */
type WorkloadContext = CheckContext & { client?: ClientChoice | undefined; surroundings: Surroundings }

/** The scenario's workloads, in order; one where it has none and a client is asked for. What is wrong is reported, and left out. */
export function readWorkloads(map: MapTree, topology: Topology, context: WorkloadContext): ScenarioWorkload[] {
  const entry = entryOf(map, 'workloads')
  if (!entry) return context.client === undefined ? [] : addedWorkload(topology, context)
  if (entry.value.kind !== 'map' || isEmptyMap(entry.value, context.source)) {
    reportNoMap(entry, context)
    return []
  }
  return entry.value.entries.flatMap((workload) => readWorkload(workload, topology, context) ?? [])
}

function reportNoMap({ keySpan, value }: Entry, { source, problems }: CheckContext): void {
  if (value.broken) return
  const message =
    value.kind === 'map'
      ? '`workloads` is empty'
      : `\`workloads\` should be a group of names, not ${describeValue(toPlain(value))}`
  problems.add(source, keySpan, message, { hint: 'Name each workload: `checkout: { type: register, rate: 500/s }`.' })
}

function readWorkload(entry: Entry, topology: Topology, context: WorkloadContext): ScenarioWorkload | undefined {
  const { key, keySpan, value } = entry
  checkName(entry, context)
  if (value.broken) return undefined
  if (value.kind !== 'map') {
    const message = `\`${key}\` should be a group of options, not ${describeValue(toPlain(value))}`
    context.problems.add(context.source, keySpan, message, { hint: `As \`${key}: { type: register }\`.` })
    return undefined
  }
  const kind = readKind(entry, context)
  const written = kind && checkValue(kind.schema, entry, context)
  if (!kind || written === undefined || reportPrototypes(entry, context)) return undefined
  const accepted = throughClient(written, kind, context.client)
  const driver = readDriver(entry, accepted, context)
  if (driver === 'wrong') return undefined
  const through = resolveOptions(accepted, kind, driver)
  const takesClient = accepted !== written
  // A client that is asked for is nothing that stands in the file.
  const beyond = takesClient ? beyondClient(through) : undefined
  const options = beyond === undefined ? through : resolveOptions(written, kind)
  const wrong = planProblems(options, topology)
  reportAll(wrong, entry, context)
  const { line } = context.source.position(keySpan.start)
  if (wrong.length > 0) return undefined
  const asked = { ...(takesClient && { takesClient }), ...(beyond !== undefined && { beyondClient: beyond }) }
  return { name: key, ...asked, line, options }
}

/** So that the client that is asked for has something to do in a scenario without a workload. */
function addedWorkload(topology: Topology, { client, surroundings }: WorkloadContext): ScenarioWorkload[] {
  const { name, written } = ADDED_WORKLOAD
  const kind = workloadKindByName.get(written.type)
  if (kind === undefined) return []
  const accepted = throughClient(written, kind, client)
  const driver = writtenDriver(accepted)
  const planned = driver && planDriver(driver.client, driver.options, surroundings)
  const options = resolveOptions(accepted, kind, planned && !('problems' in planned) ? planned : undefined)
  return planProblems(options, topology).length > 0
    ? []
    : [{ name, isAdded: true, takesClient: true, line: 1, options }]
}

/** How the driver of the workload is started; undefined if it has none. */
function readDriver(entry: Entry, accepted: unknown, context: WorkloadContext): DriverPlan | 'wrong' | undefined {
  const written = writtenDriver(accepted)
  if (!written) return hasWrongOptions(entry, accepted, context) ? 'wrong' : undefined
  const planned = planDriver(written.client, written.options, context.surroundings)
  if (!('problems' in planned)) return planned
  reportAll(planned.problems, entry, context)
  return 'wrong'
}

/** `options` of the client that the runner has itself are checked as those under its name. */
function hasWrongOptions(entry: Entry, accepted: unknown, context: WorkloadContext): boolean {
  const { client } = accepted as { client?: string }
  const options = entryOf(entry.value, 'options')
  return client === 'ioredis' && options !== undefined && !checkValue(commonOptions.ioredis, options, context)
}

/** Each at the place of what is wrong, below `entry`. */
export function reportAll(wrong: readonly PlanProblem[], { keySpan, value }: Entry, context: CheckContext): void {
  for (const { path, isKey, message, hint, suggestion } of wrong) {
    const place = find(value, path)
    const span = place?.value.kind === 'scalar' && !isKey ? place.value.span : (place?.keySpan ?? keySpan)
    context.problems.add(context.source, span, message, { hint, suggestion })
  }
}

function checkName({ key, keySpan }: Entry, { source, problems }: CheckContext): void {
  if (key === FAILOVER) {
    problems.add(
      source,
      keySpan,
      `a workload cannot be called \`${FAILOVER}\`: checks of failovers stand under that name`,
    )
  } else if (!WORKLOAD_NAME.test(key)) {
    problems.add(source, keySpan, `\`${key}\` cannot be the name of a workload: a name is letters, digits and _ . -`)
  }
}

/** The type of a workload, which decides what else it may have. */
function readKind({ key, keySpan, value }: Entry, context: CheckContext): WorkloadKind | undefined {
  const { source, problems, scope } = context
  const names = workloadKinds.map(({ name }) => name)
  const hint = `The types are: ${names.join(', ')}.`
  const type = entryOf(value, 'type')
  if (!type) {
    if (value.kind === 'map' && value.entries.some((other) => didYouMean(other.key, ['type']))) {
      const [wrong] = value.entries.filter((other) => didYouMean(other.key, ['type']))
      problems.add(source, wrong?.keySpan ?? keySpan, `\`${key}\` has no \`${wrong?.key}\``, {
        suggestion: 'did you mean `type`?',
      })
    } else problems.add(source, keySpan, `\`${key}\` lacks \`type\`, which says what its clients do`, { hint })
    return undefined
  }
  if (type.value.broken) return undefined
  const name = scope.fill(toPlain(type.value))
  const kind = typeof name === 'string' ? workloadKindByName.get(name) : undefined
  if (kind) return kind
  const span = type.value.kind === 'scalar' ? type.value.span : type.keySpan
  if (typeof name !== 'string')
    problems.add(source, span, `\`type\` should be a word, not ${describeValue(name)}`, { hint })
  else {
    const suggestion = didYouMean(name, names)
    problems.add(source, span, `there is no workload of type \`${name}\``, suggestion ? { suggestion } : { hint })
  }
  return undefined
}
