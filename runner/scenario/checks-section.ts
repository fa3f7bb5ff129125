import type { z } from 'zod'
import { suggestionFor } from '../base/meant.ts'
import { didYouMean } from '../base/nearest.ts'
import { cannotAnswer, checkNamed, checks, checksFor, FAILOVER, failoverChecks, needKeys } from '../checks/index.ts'
import { hasOwnLoadUser, OWN_LOAD_USERS } from '../platforms/users.ts'
import type { WorkloadType } from '../record/history-codes.ts'
import type { Step } from '../steps/verb.ts'
import { describeValue } from './build-tree.ts'
import { type CheckContext, checkValue } from './check-value.ts'
import type { ScenarioChecks, ScenarioWorkload } from './model.ts'
import { type Entry, entryOf, isEmptyMap, type MapTree, scalarsIn, toPlain } from './tree.ts'

/** What checks may speak of. */
interface Subjects {
  workloads: readonly ScenarioWorkload[]
  steps: readonly Step[]
  shards: number
}

/** The scenario's checks, in order. What is wrong is reported, and left out. */
export function readChecks(map: MapTree, subjects: Subjects, context: CheckContext): ScenarioChecks[] {
  const entry = entryOf(map, 'checks')
  if (!entry) return []
  if (!isFilledMap(entry, 'As `checkout: { lost_writes: 0 }`, by the name of a workload.', context)) return []
  const names = [
    ...entriesBelow(map, 'workloads'),
    // The load of an application has its name.
    ...entriesBelow(map, 'apps').filter(({ value }) => value.broken || entryOf(value, 'workload')),
  ].map(({ key }) => key)
  const apps = entriesBelow(map, 'apps').map(({ key }) => key)
  return entry.value.entries.flatMap((one) => {
    if (apps.includes(one.key) && !names.includes(one.key)) {
      const message = `the application \`${one.key}\` has no load that could be checked`
      context.problems.add(context.source, one.keySpan, message, { hint: 'Give it some: `workload: http`.' })
      return []
    }
    if (one.key !== FAILOVER && !names.includes(one.key)) {
      reportUnknown(one, names, context)
      return []
    }
    const workload = subjects.workloads.find(({ name }) => name === one.key)
    // A workload that is wrong has been reported: what it could answer is not known.
    if (one.key !== FAILOVER && !workload) return []
    return readLimits(one, workload, subjects, context)
  })
}

function entriesBelow(map: MapTree, key: string): readonly Entry[] {
  const value = entryOf(map, key)?.value
  return value?.kind === 'map' ? value.entries : []
}

/** True if the value is a map with something in it; otherwise that is reported. */
function isFilledMap(
  entry: Entry,
  hint: string,
  { source, problems }: CheckContext,
): entry is Entry & { value: MapTree } {
  const { key, keySpan, value } = entry
  if (value.kind === 'map' && !isEmptyMap(value, source)) return true
  if (value.broken) return false
  const message =
    value.kind === 'map'
      ? `\`${key}\` is empty`
      : `\`${key}\` should be a group of checks, not ${describeValue(toPlain(value))}`
  problems.add(source, keySpan, message, { hint })
  return false
}

function reportUnknown({ key, keySpan }: Entry, names: readonly string[], { source, problems }: CheckContext): void {
  if (checkNamed(key) || Object.hasOwn(needKeys, key)) {
    const [name = 'checkout'] = names
    const hint = `\`${key}\` is a check: put it below the name of a workload, as \`${name}: { ${key}: … }\`.`
    problems.add(source, keySpan, `there is no workload \`${key}\` to check`, { hint })
    return
  }
  const suggestion = didYouMean(key, [...names, FAILOVER])
  const there = names.length === 0 ? 'The scenario has no workloads' : `The workloads are: ${names.join(', ')}`
  problems.add(source, keySpan, `there is no workload \`${key}\` to check`, {
    suggestion,
    hint: suggestion === undefined ? `${there}; checks of failovers stand under \`${FAILOVER}\`.` : undefined,
  })
}

function readLimits(
  entry: Entry,
  workload: ScenarioWorkload | undefined,
  subjects: Subjects,
  context: CheckContext,
): ScenarioChecks[] {
  const type = workload?.options.type
  const able = type === undefined ? failoverChecks : checksFor(type)
  const hint = `There are: ${able.map(({ name }) => name).join(', ')}.`
  if (!isFilledMap(entry, hint, context)) return []
  const limits: Record<string, unknown> = {}
  for (const one of entry.value.entries) {
    const schema = schemaOf(one, type, hint, context)
    if (!schema || isNoneOfApps(one, workload, context)) continue
    const accepted = checkValue(schema, one, context)
    if (accepted === undefined) continue
    checkPhases(one, subjects.steps, context)
    checkComparisons(one, entry.key, subjects.workloads, context)
    checkShards(one, subjects.shards, context)
    checkRate(one, workload, context)
    checkConnections(one, workload, subjects.workloads, context)
    if (type === 'counter') checkCounted(one, context)
    limits[one.key] = accepted
  }
  return [{ on: entry.key, limits }]
}

/** The schema of what stands under a check's name; undefined, and reported, if there is no such check here. */
function schemaOf(
  { key, keySpan }: Entry,
  type: WorkloadType | undefined,
  hint: string,
  { source, problems }: CheckContext,
): z.ZodType | undefined {
  if (type === undefined) {
    const check = failoverChecks.find(({ name }) => name === key)
    if (check) return check.limits
    const suggestion = suggestionFor(
      key,
      failoverChecks.map(({ name }) => name),
    )
    problems.add(source, keySpan, `there is no check \`${key}\` of failovers`, suggestion ? { suggestion } : { hint })
    return undefined
  }
  const need = Object.entries(needKeys).find(([name]) => name === key)
  if (need) return need[1]
  const check = checkNamed(key)
  if (!check) {
    const suggestion = didYouMean(key, [...checks.map(({ name }) => name), ...Object.keys(needKeys)])
    problems.add(source, keySpan, `there is no check \`${key}\``, suggestion ? { suggestion } : { hint })
    return undefined
  }
  const reason = cannotAnswer(check, type)
  if (reason === undefined) return check.limits
  problems.add(source, keySpan, reason, {
    hint: `A \`${type}\` workload can answer: ${hint.slice('There are: '.length)}`,
  })
  return undefined
}

/** Whether the check cannot be asked of the requests of an application, which is then reported. */
function isNoneOfApps(
  { key, keySpan }: Entry,
  workload: ScenarioWorkload | undefined,
  { source, problems }: CheckContext,
): boolean {
  if (workload?.options.http === undefined || key !== 'stuck_clients') return false
  const message = `\`stuck_clients\` cannot be asked of the application \`${workload.name}\`: a request that it does not answer is ended by the runner, after \`timeout\``
  const hint = 'Limit what its users felt: `client_outage: 15s`, or `error_rate: { at_most: 1%, class: timeout }`.'
  problems.add(source, keySpan, message, { hint })
  return true
}

/** A phase that never begins would leave its check without samples. */
function checkPhases({ value }: Entry, steps: readonly Step[], { source, problems, scope }: CheckContext): void {
  for (const { scalar, path } of scalarsIn(value)) {
    if (path.at(-1) !== 'during') continue
    const phase = String(scope.fill(scalar.value))
    const phases = phasesOf(steps)
    if (phases.includes(phase)) continue
    const hint =
      phases.length === 0
        ? 'A phase begins with the step that has `phase: …`, and no step has.'
        : `The phases are: ${phases.join(', ')}.`
    const suggestion = didYouMean(phase, phases)
    problems.add(source, scalar.span, `no step begins a phase \`${phase}\``, suggestion ? { suggestion } : { hint })
  }
}

function phasesOf(steps: readonly Step[]): string[] {
  const own = steps.flatMap(({ phase, children }) => [...(phase === undefined ? [] : [phase]), ...phasesOf(children)])
  return [...new Set(own)]
}

/** What a limit is compared with must be another workload, and one that can answer the same check. */
function checkComparisons(
  { key, value }: Entry,
  own: string,
  workloads: readonly ScenarioWorkload[],
  { source, problems, scope }: CheckContext,
): void {
  for (const { scalar, path } of scalarsIn(value)) {
    if (path.at(-1) !== 'against') continue
    const against = String(scope.fill(scalar.value))
    const others = workloads.map(({ name }) => name).filter((name) => name !== own)
    const other = workloads.find(({ name }) => name === against)
    const check = checkNamed(key)
    const hint = others.length === 0 ? 'The scenario has no other workload.' : `The others are: ${others.join(', ')}.`
    if (against === own) problems.add(source, scalar.span, `\`${own}\` cannot be compared with itself`, { hint })
    else if (other === undefined) {
      const suggestion = didYouMean(against, others)
      const message = `there is no workload \`${against}\` to compare with`
      problems.add(source, scalar.span, message, suggestion ? { suggestion } : { hint })
    } else {
      const reason = check && cannotAnswer(check, other.options.type)
      if (reason !== undefined) problems.add(source, scalar.span, reason)
    }
  }
}

/** Without a rate no operation is ever due, so no share of what was due can be too small. */
function checkRate({ key, keySpan }: Entry, workload: ScenarioWorkload | undefined, context: CheckContext): void {
  if (key !== 'min_sent' || workload === undefined || workload.options.perSecond !== undefined) return
  const message = `\`min_sent\` asks for a share of what is due by the rate, and \`${workload.name}\` has no \`rate\``
  const hint = `Give \`${workload.name}\` a rate, as \`rate: 500/s\`, or say how many operations there must be: \`min_operations\`.`
  context.problems.add(context.source, keySpan, message, { hint })
}

/** Checks of what servers see of a workload's connections. */
const OF_CONNECTIONS = ['reconnects', 'connections_leaked']

/** Beyond the first workloads servers do not tell whose a connection is. */
function checkConnections(
  { key, keySpan }: Entry,
  workload: ScenarioWorkload | undefined,
  workloads: readonly ScenarioWorkload[],
  { source, problems }: CheckContext,
): void {
  const place = workload === undefined ? 0 : workloads.indexOf(workload)
  if (!OF_CONNECTIONS.includes(key) || workload === undefined || hasOwnLoadUser(place)) return
  const message = `\`${key}\` cannot be asked of \`${workload.name}\`: servers tell the connections of the first ${OWN_LOAD_USERS} workloads apart, and it is number ${place + 1}`
  const hint = `Put it among the first ${OWN_LOAD_USERS} (the load of \`apps\` counts after all workloads), or in a scenario of its own.`
  problems.add(source, keySpan, message, { hint })
}

/** Which increments a counter has lost cannot be seen on its value: such a limit would be undecided once any is. */
function checkCounted({ key, value }: Entry, { source, problems }: CheckContext): void {
  if (key !== 'lost_writes') return
  for (const { scalar, path } of scalarsIn(value)) {
    const word = path.at(-1)
    if (word !== 'shape' && word !== 'within' && word !== 'during') continue
    const message = `nobody can say which increments a \`counter\` has lost, so \`${word}\` of them cannot be judged`
    const hint =
      'Limit how many: `lost_writes: { at_most: 20 }`. A `register`, a `set` or a `list` can answer the rest.'
    problems.add(source, scalar.span, message, { hint })
  }
}

function checkShards({ value }: Entry, count: number, { source, problems, scope }: CheckContext): void {
  for (const { scalar, path } of scalarsIn(value)) {
    const shard = scope.fill(scalar.value)
    if (!path.includes('shards') || typeof shard !== 'number' || shard <= count) continue
    const has = count === 1 ? 'one shard' : `${count} shards`
    problems.add(source, scalar.span, `there is no shard ${shard}: the cluster has ${has}`)
  }
}
