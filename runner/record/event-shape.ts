import { z } from 'zod'
import type { AuditFinding, AuditOutcome, AuditPardonFor, AuditRuleOutcome, AuditTerms } from './audit-outcome.ts'
import type { CheckOutcome, LoadSent, Witness, WitnessOperation } from './check-outcome.ts'
import { cluster, clusterNode } from './cluster-info-shape.ts'
import { comparison, nights } from './comparison-shape.ts'
import type { EventOf, EventType, FaultInfo, PlannedStep, Repeat, ShardInfo, StepError, StepOutcome } from './events.ts'
import type { LoadSeries } from './load-series.ts'
import * as seen from './observation-shapes.ts'
import {
  count,
  few,
  fields,
  instant,
  limitMs,
  maybe,
  ms,
  number,
  place,
  problemWith,
  shown,
  some,
  text,
  texts,
  textsByName,
  values,
  valuesByName,
  yes,
} from './shapes.ts'
import type { MustFail, TwinFailure } from './twin.ts'

const ENDS = ['passed', 'failed', 'inconclusive', 'error', 'interrupted'] as const
const runVerdict = z.enum(ENDS)
const scenarioVerdict = z.enum([...ENDS, 'skipped'])
const stepVerdict = z.enum([...ENDS, 'skipped', 'not-run'])

const step = fields<PlannedStep>({ path: text, verb: text, name: text, file: text, line: place, phase: maybe(text) })

const files = some(fields<{ path: string; text: string }>({ path: text, text }))

const stepError = fields<StepError>({
  message: text,
  cause: maybe(text),
  expected: maybe(text),
  details: maybe(texts),
  hint: maybe(text),
})

const outcome = fields<StepOutcome>({
  verdict: stepVerdict,
  limitMs: maybe(limitMs),
  attempts: maybe(count),
  trueAfterMs: maybe(ms),
  targets: maybe(texts),
  proof: maybe(text),
  lastSeen: maybe(text),
  error: maybe(stepError),
  promoted: maybe(text),
  note: maybe(text),
  reply: maybe(text),
  administers: maybe(text),
  administered: maybe(some(text)),
})

const fault = fields<FaultInfo>({ id: text, kind: text, nodes: few(text), sentence: text })

const counts = some(count)
const latencies = some(ms.nullable())

const series = fields<LoadSeries>({
  fromMs: ms,
  binMs: ms.min(1),
  ok: counts,
  failed: counts,
  indeterminate: counts,
  p50: latencies,
  p99: latencies,
  max: latencies,
  errors: z.record(text, counts),
})

const witness = fields<Witness>({
  title: text,
  operations: some(
    fields<WitnessOperation>({
      row: count,
      client: count,
      text,
      key: text,
      startMs: ms,
      // JSON has no infinity, which is the end of what never completed.
      endMs: maybe(limitMs),
      outcome: z.enum(['ok', 'failed', 'indeterminate']),
      node: maybe(text),
      phase: maybe(text),
    }),
  ),
  more: maybe(count),
})

const check = fields<CheckOutcome>({
  on: text,
  name: text,
  verdict: z.enum(['passed', 'failed', 'inconclusive', 'not-evaluated']),
  limit: text,
  value: text,
  amount: maybe(number.nullable()),
  samples: count,
  load: maybe(fields<LoadSent>({ due: count, sent: count })),
  explanation: text,
  doubt: maybe(text),
  details: maybe(texts),
  witness: maybe(witness),
})

const pardon = z.enum(['expected', 'allowed'])

const finding = fields<AuditFinding>({
  text,
  nodes: few(text),
  atMs: maybe(ms),
  details: maybe(texts),
  hint: maybe(text),
  inconclusive: maybe(yes),
  voids: maybe(z.literal(true)),
  pardon: maybe(pardon),
})

const rule = fields<AuditRuleOutcome>({
  rule: text,
  sentence: text,
  verdict: z.enum(['passed', 'failed', 'inconclusive', 'warned', 'not-evaluated']),
  lookedAt: text,
  findings: some(finding),
})

const terms = fields<AuditTerms>({
  pardons: z.record(text, some(fields<AuditPardonFor>({ nodes: maybe(few(text)), pardon }))),
  warnOnly: yes,
  named: z.record(text, few(text)),
})

const mustFail = fields<MustFail>({
  of: text,
  number: count,
  because: text,
  fails: z.union([
    fields<TwinFailure & { step: string }>({ step: text, path: text }),
    fields<TwinFailure & { check: string }>({ check: text, of: text }),
    fields<TwinFailure & { audit: string }>({ audit: text }),
  ]),
})

type Own<Type extends EventType> = { [Field in Exclude<keyof EventOf<Type>, 'type' | 'atMs'>]-?: z.ZodType }

const OF_SCENARIO = { scenario: place }

/** What an event must hold, by its type: results are made of it unseen. */
const OWN: { [Type in EventType]: Own<Type> } = {
  'run-started': {
    version: number,
    name: text,
    runId: text,
    startedAt: instant,
    seed: number,
    command: text,
    scenarios: place,
    lanes: maybe(place),
    environment: maybe(textsByName),
    allowed: maybe(texts),
    merged: maybe(texts),
    shard: maybe(fields<ShardInfo>({ number: place, of: place, plan: text, on: maybe(text) })),
  },
  'scenario-started': {
    ...OF_SCENARIO,
    id: text,
    title: text,
    file: text,
    tags: texts,
    seed: number,
    params: values,
    platform: text,
    server: text,
    asked: maybe(text),
    lane: maybe(place),
    repeat: maybe(fields<Repeat>({ number: place, of: place, why: maybe(z.enum(['suspicious', 'control'])) })),
    startedAt: maybe(instant),
    leftMs: maybe(ms),
    client: maybe(text),
    programs: maybe(text),
    steps: some(step),
    workloads: maybe(
      some(fields<{ name: string; type: string; options: unknown }>({ name: text, type: text, options: values })),
    ),
    checks: maybe(valuesByName),
    twin: maybe(mustFail),
  },
  'scenario-source': { ...OF_SCENARIO, files },
  progress: { scenario: maybe(place), text, stays: maybe(z.literal(true)) },
  'cluster-ready': { ...OF_SCENARIO, cluster, setupMs: ms, server: text, sandbox: maybe(text) },
  'node-added': { ...OF_SCENARIO, node: clusterNode },
  'step-started': { ...OF_SCENARIO, index: place, limitMs: maybe(limitMs), step },
  'step-progress': { ...OF_SCENARIO, index: place, text },
  'step-ended': { ...OF_SCENARIO, index: place, step, durationMs: ms, outcome },
  'fault-began': { ...OF_SCENARIO, fault, proof: text },
  'fault-ended': { ...OF_SCENARIO, fault, proof: text },
  'failover-seen': { ...OF_SCENARIO, ...seen.logSeen },
  'view-seen': { ...OF_SCENARIO, ...seen.viewSeen },
  'service-seen': { ...OF_SCENARIO, ...seen.serviceSeen },
  'fault-seen': { ...OF_SCENARIO, ...seen.faultSeen },
  'timing-seen': { ...OF_SCENARIO, ...seen.timingSeen },
  'clocks-seen': { ...OF_SCENARIO, ...seen.clocksSeen },
  'stall-seen': { ...OF_SCENARIO, ...seen.stallSeen },
  'clock-stepped': { ...OF_SCENARIO, ...seen.clockStepped },
  'alarm-seen': { ...OF_SCENARIO, ...seen.alarmSeen },
  'slots-moving': { ...OF_SCENARIO, ...seen.slotsMoving },
  'slots-moved': { ...OF_SCENARIO, ...seen.slotsMoved },
  'server-ended': { ...OF_SCENARIO, ...seen.serverEnded },
  'stranger-seen': { ...OF_SCENARIO, ...seen.strangerSeen },
  'driver-ready': { ...OF_SCENARIO, workload: text, name: text, version: text, can: few(text) },
  'driver-misbehaved': { ...OF_SCENARIO, ...seen.misdeedSeen },
  'app-started': { ...OF_SCENARIO, ...seen.appSeen },
  'app-ready': { ...OF_SCENARIO, ...seen.appSeen },
  'app-ended': { ...OF_SCENARIO, ...seen.appEnded },
  'server-changed': { ...OF_SCENARIO, node: text, server: text },
  'server-started': { ...OF_SCENARIO, ...seen.serverStarted },
  'resources-seen': { ...OF_SCENARIO, ...seen.resourcesSeen },
  'machine-seen': { ...OF_SCENARIO, ...seen.machineSeen },
  'connections-seen': { ...OF_SCENARIO, ...seen.connectionsSeen },
  'unanswered-seen': { ...OF_SCENARIO, ...seen.unansweredSeen },
  'client-summed': { ...OF_SCENARIO, ...seen.clientSummed },
  'end-state-seen': { ...OF_SCENARIO, ...seen.endStateSeen },
  'dataset-read': { ...OF_SCENARIO, ...seen.datasetRead },
  'data-compared': { ...OF_SCENARIO, ...seen.dataCompared },
  paused: { ...OF_SCENARIO, by: z.enum(['failure', 'step']) },
  resumed: OF_SCENARIO,
  'watch-ended': OF_SCENARIO,
  'log-saved': { ...OF_SCENARIO, node: text, file: text, app: maybe(yes) },
  'load-bins': { ...OF_SCENARIO, workload: text, series },
  'history-saved': { ...OF_SCENARIO, workload: text, file: text },
  'check-judged': { ...OF_SCENARIO, check },
  'audit-judged': { ...OF_SCENARIO, audit: fields<AuditOutcome>({ rules: some(rule) }), terms: maybe(terms) },
  'scenario-as-played': { ...OF_SCENARIO, yaml: text, files },
  'scenario-ended': {
    ...OF_SCENARIO,
    verdict: scenarioVerdict,
    reason: maybe(text),
    hint: maybe(text),
    durationMs: ms,
    setupMs: ms,
    cleanupMs: ms,
  },
  'baseline-compared': { file: text, savedAt: text, comparisons: some(comparison), nights: maybe(nights) },
  warning: { scenario: maybe(place), text },
  'run-ended': { verdict: runVerdict, exitCode: z.int().min(0).max(255), durationMs: ms, folder: text },
}

export const EVENT_TYPES: ReadonlySet<string> = new Set(Object.keys(OWN))

const head = z.looseObject({ type: text, atMs: ms })

const SHAPES: ReadonlyMap<string, z.ZodType> = new Map(
  Object.entries(OWN).map(([type, own]) => [type, head.extend(own)]),
)

/** What is wrong with a value read as an event, and where, if anything is. Unknown types are left to later versions. */
export function problemOfEvent(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return `expected an event as one JSON object, found ${shown(value)}`
  }
  const type = 'type' in value && typeof value.type === 'string' ? value.type : ''
  return problemWith(value, SHAPES.get(type) ?? head)
}
