import { z } from 'zod'
import type {
  AlarmObservation,
  AppEndObservation,
  DataObservation,
  DatasetObservation,
  EndStateObservation,
  MachineObservation,
  MisdeedObservation,
  ResourceObservation,
  ServerEndObservation,
  ServerStartObservation,
  StrangerObservation,
} from './audit-observations.ts'
import type {
  AppObservation,
  ConnectionsObservation,
  SilentDriver,
  UnansweredObservation,
  UnansweredOperation,
} from './client-observations.ts'
import type { ClientMeasure, ClientSummary } from './client-summary.ts'
import type {
  ClockObservation,
  ClockStepObservation,
  FaultObservation,
  LogObservation,
  MeantMovesObservation,
  MovedSlotsObservation,
  SeenNode,
  ServiceObservation,
  StallObservation,
  TimingObservation,
  ViewObservation,
} from './observations.ts'
import { LOG_MOMENTS } from './observations.ts'
import { count, few, fields, maybe, ms, number, shard, slot, some, text, texts, wallMs, yes } from './shapes.ts'

const seenNode = fields<SeenNode>({
  name: text,
  role: z.enum(['master', 'replica']),
  of: maybe(text),
  slots: text,
  failing: maybe(z.enum(['fail?', 'fail'])),
})

type Fields<T> = { [Field in keyof T]-?: z.ZodType }

export const logSeen: Fields<LogObservation> = {
  node: text,
  moment: z.enum(LOG_MOMENTS),
  seenMs: ms,
  errorMs: ms,
  text,
  about: maybe(text),
  by: maybe(text),
  delayMs: maybe(ms),
  rank: maybe(number),
  primaryRank: maybe(number),
  offset: maybe(number),
  epoch: maybe(number),
  state: maybe(text),
  reason: maybe(text),
  votes: maybe(number),
  needed: maybe(number),
}

export const viewSeen: Fields<ViewObservation> = {
  node: text,
  afterMs: ms,
  seenMs: ms,
  view: maybe(few(seenNode)),
  unreachable: maybe(text),
}

export const serviceSeen: Fields<ServiceObservation> = {
  shard,
  slot,
  served: yes,
  node: maybe(text),
  error: maybe(text),
  text: maybe(text),
  afterMs: ms,
  seenMs: ms,
}

export const faultSeen: Fields<FaultObservation> = {
  fault: text,
  nodes: few(text),
  undone: yes,
  fromMs: ms,
  toMs: ms,
  cuts: maybe(some(z.tuple([text, text]))),
  endsServers: maybe(z.literal(true)),
}

export const timingSeen: Fields<TimingObservation> = {
  nodeTimeoutMs: ms,
  manualTimeoutMs: ms,
  fullCoverage: yes,
  election: fields<TimingObservation['election']>({
    leastMs: ms,
    mostMs: ms,
    perRankMs: ms,
    perPrimaryRankMs: ms,
    retryMs: ms,
  }),
}

export const clocksSeen: Fields<ClockObservation> = { seenMs: ms, wallMs, errorMs: ms }

export const stallSeen: Fields<StallObservation> = {
  who: z.enum(['runner', 'load']),
  fromMs: ms,
  toMs: ms,
  servers: maybe(z.enum(['ran', 'stood-still'])),
}

export const clockStepped: Fields<ClockStepObservation> = { seenMs: ms, byMs: number, slept: maybe(yes) }

export const slotsMoving: Fields<MeantMovesObservation> = {
  seenMs: ms,
  moves: few(fields<MeantMovesObservation['moves'][number]>({ slots: text, from: text, to: text })),
}

export const slotsMoved: Fields<MovedSlotsObservation> = {
  slots: text,
  from: text,
  to: text,
  keys: maybe(count),
  fromMs: ms,
  toMs: ms,
}

export const alarmSeen: Fields<AlarmObservation> = { node: text, seenMs: ms, kind: text, lines: texts }

export const serverEnded: Fields<ServerEndObservation> = {
  node: text,
  seenMs: ms,
  text,
  exitCode: maybe(number),
  outOfMemory: maybe(yes),
  lastLines: texts,
}

export const appSeen: Fields<AppObservation> = { app: text, seenMs: ms }
export const appEnded: Fields<AppEndObservation> = { app: text, seenMs: ms, text, lastWords: text }

export const misdeedSeen: Fields<MisdeedObservation> = {
  workload: text,
  driver: text,
  seenMs: ms,
  text,
  lastWords: text,
}

const measure = fields<ClientMeasure>({ text, amount: maybe(number) })

export const clientSummed: Fields<ClientSummary> = {
  workload: text,
  client: text,
  library: maybe(text),
  version: maybe(text),
  serverOutage: measure,
  clientOutage: measure,
  recovery: measure,
  errors: z.record(text, count),
  stuck: measure,
  reconnects: measure,
}

export const strangerSeen: Fields<StrangerObservation> = {
  did: z.enum(['held-port', 'joined']),
  node: text,
  seenMs: ms,
  text,
}

export const serverStarted: Fields<ServerStartObservation> = { node: text, seenMs: ms }

export const endStateSeen: Fields<EndStateObservation> = {
  withinMs: ms,
  settledAfterMs: maybe(ms),
  problems: texts,
  epochs: maybe(fields<{ first: number; last: number }>({ first: number, last: number })),
  absent: texts,
}

export const resourcesSeen: Fields<ResourceObservation> = {
  node: text,
  seenMs: ms,
  clients: count,
  usedMemory: count,
  replicationBuffers: count,
  keys: count,
}

export const machineSeen: Fields<MachineObservation> = { fromMs: ms, toMs: ms, stolen: number, waited: maybe(number) }

export const datasetRead: Fields<DatasetObservation> = {
  name: text,
  keys: count,
  wrong: texts,
  wrongCount: count,
  unread: maybe(text),
}

export const dataCompared: Fields<DataObservation> = {
  keys: count,
  replicas: count,
  tookMs: ms,
  differences: some(fields<DataObservation['differences'][number]>({ shard, nodes: few(text), text })),
  unnamed: count,
  incomplete: texts,
}

export const connectionsSeen: Fields<ConnectionsObservation> = {
  workload: text,
  node: text,
  seenMs: ms,
  moment: maybe(z.enum(['begin', 'end'])),
  silent: maybe(yes),
  open: count,
  opened: count,
  closed: count,
}

export const unansweredSeen: Fields<UnansweredObservation> = {
  workload: text,
  seenMs: ms,
  operations: some(fields<UnansweredOperation>({ client: count, slot, sinceMs: ms })),
  count,
  late: count,
  longestLateMs: ms,
  silent: maybe(fields<SilentDriver>({ driver: text, sinceMs: ms, lastWords: text })),
  flooded: maybe(count),
}
