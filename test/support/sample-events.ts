import type {
  ClusterInfo,
  EventBody,
  PlannedStep,
  RunEvent,
  RunVerdict,
  StepOutcome,
} from '../../runner/record/events.ts'

export const STARTED_AT = '2026-11-22T13:40:05.000Z'
const FILE = 'scenarios/failover-basic.yaml'

export const CLUSTER: ClusterInfo = {
  shards: 3,
  replicas: 1,
  nodes: [0, 1, 2, 3, 4, 5].map((index) => ({
    name: `redis-node${index}`,
    address: `localhost:${7010 + index}`,
    role: index % 2 === 0 ? 'master' : 'replica',
    shard: Math.floor(index / 2) + 1,
  })),
  config: { 'cluster-node-timeout': '5000', appendonly: 'yes' },
}

export function step(path: string, verb: string, name: string, line: number, phase?: string): PlannedStep {
  return { path, verb, name, file: FILE, line, ...(phase !== undefined && { phase }) }
}

export const FAILOVER_STEPS: readonly PlannedStep[] = [
  step('1', 'let', 'victim is the master of key aa, heir is the replica of $victim', 12),
  step('2', 'write', 'write 1000 keys over all shards as orders', 13),
  step('3', 'stop', 'stop redis-node0', 14, 'outage'),
  step('4', 'expect', 'redis-node1 is master', 16, 'outage'),
  step('5', 'write', 'write 100 keys over all shards as meanwhile', 18, 'outage'),
  step('6', 'verify', 'every key of orders is there with its value', 19, 'outage'),
  step('7', 'start', 'start redis-node0', 20, 'recovery'),
  step('8', 'expect', 'redis-node0 is a replica of redis-node1 and its link is up', 22, 'recovery'),
  step('9', 'wait', 'wait 500ms', 24),
  step('10', 'failover', 'fail over to redis-node0', 25),
  step('11', 'expect', 'redis-node0 is master', 26),
  step('12', 'expect', 'the cluster is healthy', 28),
  step('13', 'verify', 'every key of orders is there with its value', 30),
  step('14', 'verify', 'every key of meanwhile is there with its value', 31),
]

/** Builds an event stream with a clock that is moved by hand. */
export class Tape {
  readonly events: RunEvent[] = []
  atMs = 0
  readonly #startedMs = new Map<string, number>()

  add(body: EventBody, afterMs = 0): this {
    this.atMs += afterMs
    this.events.push({ atMs: this.atMs, ...body })
    return this
  }

  runStarted(name: string, scenarios = 1, lanes = 1): this {
    const command = `npm run scenario ${name} -- --seed 42`
    const runId = 'rc-20261122-134005-7f3a'
    return this.add({
      type: 'run-started',
      version: 1,
      name,
      runId,
      startedAt: STARTED_AT,
      seed: 42,
      command,
      scenarios,
      ...(lanes > 1 && { lanes }),
    })
  }

  scenarioStarted(scenario: number, id: string, title: string, steps: readonly PlannedStep[]): this {
    return this.add({
      type: 'scenario-started',
      scenario,
      id,
      title,
      file: `scenarios/${id}.yaml`,
      tags: ['failover'],
      seed: 42,
      params: {},
      platform: 'Docker 20.10.24',
      server: 'redis',
      steps: [...steps],
    })
  }

  clusterReady(scenario = 0): this {
    this.add({ type: 'progress', scenario, text: 'image redis-cluster is up to date' }, 12)
    this.add({ type: 'progress', scenario, text: '6 containers created' }, 700)
    this.add({ type: 'progress', scenario, text: '6 servers answer, forming 3 shards' }, 430)
    return this.add({ type: 'cluster-ready', scenario, cluster: CLUSTER, setupMs: 3542, server: 'redis 7.0.15' }, 2400)
  }

  started(planned: PlannedStep, limitMs?: number, scenario = 0): this {
    this.#startedMs.set(planned.path, this.atMs)
    const index = Number.parseInt(planned.path.replace(/^f/, ''), 10) - 1
    return this.add({ type: 'step-started', scenario, index, step: planned, ...(limitMs !== undefined && { limitMs }) })
  }

  ended(planned: PlannedStep, durationMs: number, outcome: StepOutcome = { verdict: 'passed' }, scenario = 0): this {
    const index = Number.parseInt(planned.path.replace(/^f/, ''), 10) - 1
    const restMs = (this.#startedMs.get(planned.path) ?? this.atMs) + durationMs - this.atMs
    return this.add({ type: 'step-ended', scenario, index, step: planned, durationMs, outcome }, restMs)
  }

  played(planned: PlannedStep, durationMs: number, outcome: Partial<StepOutcome> = {}, scenario = 0): this {
    this.started(planned, outcome.limitMs, scenario)
    return this.ended(planned, durationMs, { verdict: 'passed', ...outcome }, scenario)
  }

  runEnded(verdict: RunVerdict, exitCode: number): this {
    const folder = 'reports/2026-11-22T13-40-05Z-failover-basic'
    return this.add({ type: 'run-ended', verdict, exitCode, durationMs: this.atMs, folder })
  }
}

const TITLE = 'A stopped master is replaced by its replica and no write is lost'

function failoverStep(path: string): PlannedStep {
  const found = FAILOVER_STEPS.find((one) => one.path === path)
  if (found === undefined) throw new Error(`no sample step ${path}`)
  return found
}

function begun(): Tape {
  const tape = new Tape().runStarted('failover-basic').scenarioStarted(0, 'failover-basic', TITLE, FAILOVER_STEPS)
  tape.clusterReady()
  tape.played(failoverStep('1'), 3.2, { note: 'victim is redis-node0, heir is redis-node1' })
  tape.played(failoverStep('2'), 212, { limitMs: 30_000, note: '1000 keys written: 334, 331 and 335 a shard' })
  const proof = 'container exited with code 0'
  return tape.played(failoverStep('3'), 341, { limitMs: 20_000, targets: ['redis-node0'], proof })
}

/** `failover-basic`, all 14 steps passed. */
export function passingRun(): RunEvent[] {
  const tape = begun()
  const promotion = failoverStep('4')
  tape.started(promotion, 15_000)
  tape.add({ type: 'step-progress', scenario: 0, index: 3, text: 'redis-node1 is a replica, its link is down' }, 4000)
  const promoted = { limitMs: 15_000, attempts: 160, trueAfterMs: 7992.5, lastSeen: 'redis-node1 is master' }
  tape.ended(promotion, 7993, { verdict: 'passed', ...promoted })
  tape.played(failoverStep('5'), 48, { limitMs: 30_000, note: '100 keys written' })
  tape.played(failoverStep('6'), 61, { limitMs: 30_000, note: '1000 keys read back' })
  tape.played(failoverStep('7'), 130, { limitMs: 20_000, proof: 'container runs and answers' })
  tape.played(failoverStep('8'), 1210, { limitMs: 20_000, attempts: 25, trueAfterMs: 1209 })
  tape.played(failoverStep('9'), 500.4)
  tape.played(failoverStep('10'), 620, { limitMs: 30_000, attempts: 1, note: 'accepted at the first try' })
  tape.played(failoverStep('11'), 2.5, { limitMs: 10_000, attempts: 1, trueAfterMs: 2.4 })
  tape.played(failoverStep('12'), 1034, { limitMs: 10_000, attempts: 21, trueAfterMs: 1033.7 })
  tape.played(failoverStep('13'), 58, { limitMs: 30_000, note: '1000 keys read back' })
  tape.played(failoverStep('14'), 9.1, { limitMs: 30_000, note: '100 keys read back' })
  tape.add({ type: 'log-saved', scenario: 0, node: 'redis-node0', file: 'nodes/redis-node0.log' }, 10)
  tape.add({ type: 'scenario-as-played', scenario: 0, yaml: 'title: as played\nsteps: []\n', files: [] })
  const times = { durationMs: tape.atMs + 800, setupMs: 3542, cleanupMs: 790 }
  tape.add({ type: 'scenario-ended', scenario: 0, verdict: 'passed', ...times }, 800)
  return tape.runEnded('passed', 0).events
}

/** `failover-basic` where no replica was promoted: step 4 fails after 15 s. */
export function failingRun(): RunEvent[] {
  const tape = begun()
  const message = 'redis-node1 was expected to be master within 15 s, but it stayed a replica.'
  const outcome: StepOutcome = {
    verdict: 'failed',
    limitMs: 15_000,
    attempts: 299,
    lastSeen: 'redis-node1 is a replica of redis-node0, its link to it is down',
    error: {
      message,
      details: [
        'redis-node0 is marked as failing by 2 of 2 other masters since 6.91 s',
        'redis-node1 started no election: cluster-replica-no-failover is yes',
      ],
      hint: 'Set cluster-replica-no-failover to no, or expect redis-node1 to stay a replica. Its log is nodes/redis-node1.log.',
    },
  }
  tape.started(failoverStep('4'), 15_000).ended(failoverStep('4'), 15_012, outcome)
  const times = { durationMs: tape.atMs + 820, setupMs: 3542, cleanupMs: 812 }
  const reason = `step 4 failed: ${message}`
  tape.add({ type: 'scenario-ended', scenario: 0, verdict: 'failed', reason, ...times }, 820)
  return tape.runEnded('failed', 1).events
}

/** Ctrl-C in the middle of step 4. */
export function interruptedRun(): RunEvent[] {
  const tape = begun()
  tape.started(failoverStep('4'), 15_000).ended(failoverStep('4'), 2410, { verdict: 'interrupted', attempts: 48 })
  const times = { durationMs: tape.atMs + 700, setupMs: 3542, cleanupMs: 690 }
  const reason = 'interrupted by Ctrl-C'
  tape.add({ type: 'scenario-ended', scenario: 0, verdict: 'interrupted', reason, ...times }, 700)
  return tape.runEnded('interrupted', 130).events
}

/** `kill -9` of the runner in the middle of step 4: the events just stop. */
export function brokenOffRun(): RunEvent[] {
  const tape = begun().started(failoverStep('4'), 15_000)
  return tape.add({ type: 'step-progress', scenario: 0, index: 3, text: 'redis-node1 is a replica' }, 1500).events
}

/** A port is taken: no cluster, no step. */
export function environmentErrorRun(): RunEvent[] {
  const tape = new Tape().runStarted('failover-basic').scenarioStarted(0, 'failover-basic', TITLE, FAILOVER_STEPS)
  tape.add({ type: 'progress', scenario: 0, text: 'image redis-cluster is up to date' }, 14)
  tape.add(
    {
      type: 'scenario-ended',
      scenario: 0,
      verdict: 'error',
      reason: 'Port 7012 is taken by nginx (process 4711), which this run did not make. Nothing was touched.',
      hint: 'Choose other ports with --port-base 7110 --name-prefix other-node, or stop what listens there.',
      durationMs: 61,
      setupMs: 61,
      cleanupMs: 0,
    },
    47,
  )
  return tape.runEnded('error', 3).events
}

/** Three scenarios: one passed, one skipped, one failed. */
export function threeScenarios(): RunEvent[] {
  const tape = new Tape().runStarted('nightly', 3)
  const quick = [step('1', 'redis', 'GET aa on redis-node1', 8), step('2', 'expect', 'the cluster is healthy', 9)]
  const noReason = { durationMs: 4100, setupMs: 3542, cleanupMs: 700 }
  tape.scenarioStarted(0, 'readme-walkthrough', 'The transcript of the README', quick).clusterReady()
  for (const one of quick) tape.played(one, 12)
  tape.add({ type: 'scenario-ended', scenario: 0, verdict: 'passed', ...noReason }, 700)
  tape.scenarioStarted(1, 'slow-network', 'A slow link | between shards', quick)
  const reason = 'needs delay on links, which this kernel lacks (no sch_netem)'
  const nothing = { durationMs: 2, setupMs: 0, cleanupMs: 0 }
  tape.add({ type: 'scenario-ended', scenario: 1, verdict: 'skipped', reason, ...nothing }, 2)
  tape.scenarioStarted(2, 'lost-keys', 'A key deleted behind its back is named', quick).clusterReady(2)
  const lost = '1 of 1000 keys of orders is lost: orders:17 (slot 1180, shard 1, read from redis-node0)'
  tape.played(quick[0] ?? step('1', 'redis', '', 1), 60, { verdict: 'failed', error: { message: lost } }, 2)
  tape.add({ type: 'scenario-ended', scenario: 2, verdict: 'failed', reason: lost, ...noReason }, 700)
  tape.add({ type: 'warning', text: 'redis-node0 and redis-node1 share a host: losing it loses shard 1' })
  return tape.runEnded('failed', 1).events
}

/** A repeat of `rounds` rounds of 3 steps whose last round fails, then a parallel step that was not reached. */
export function repeatedRun(rounds: number): RunEvent[] {
  const parent = step('1', 'repeat', `${rounds} times: 3 steps`, 10)
  const children = [
    step('1.1', 'kill', 'kill a random master', 12),
    step('1.2', 'expect', 'the cluster is healthy', 13),
    step('1.3', 'start', 'start it again', 14),
  ]
  const parallel = [
    step('2', 'parallel', 'at the same time: 2 steps', 16),
    step('2.1', 'stop', 'stop redis-node0', 17),
    step('2.2', 'stop', 'stop redis-node1', 18),
  ]
  const planned = [parent, ...children, ...parallel, step('f1', 'redis', 'PING on redis-node0', 20)]
  const tape = new Tape().runStarted('soak').scenarioStarted(0, 'soak', 'Masters die again and again', planned)
  tape.clusterReady().started(parent)
  const message = 'the cluster was expected to be healthy within 10 s, but shard 2 has no master.'
  const failed: StepOutcome = { verdict: 'failed', limitMs: 10_000, attempts: 201, error: { message } }
  for (let round = 1; round <= rounds; round += 1) {
    for (const child of children) {
      const played = { ...child, path: child.path.replace('1.', `1#${round}.`) }
      const fails = round === rounds && child.verb === 'expect'
      tape.played(played, fails ? 10_005 : 40 + round, fails ? failed : { limitMs: 10_000, trueAfterMs: 30 + round })
      if (fails) break
    }
  }
  tape.add({ type: 'step-ended', scenario: 0, index: 0, step: parent, durationMs: tape.atMs - 3542, outcome: failed })
  tape.played(step('f1', 'redis', 'PING on redis-node0', 20), 1.2)
  const times = { durationMs: tape.atMs + 700, setupMs: 3542, cleanupMs: 690 }
  tape.add({ type: 'scenario-ended', scenario: 0, verdict: 'failed', reason: message, ...times }, 700)
  return tape.runEnded('failed', 1).events
}

export const SAMPLES: Readonly<Record<string, () => RunEvent[]>> = {
  passing: passingRun,
  failing: failingRun,
  interrupted: interruptedRun,
  'broken-off': brokenOffRun,
  'environment-error': environmentErrorRun,
  'three-scenarios': threeScenarios,
  repeated: () => repeatedRun(9),
}
